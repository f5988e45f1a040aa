import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { rename } from 'node:fs/promises'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { Zone } from '@posthouse/dns'
import { keyRecordName, keyRecordText, signMessage } from '@posthouse/mail-auth'
import { startDnsServer, type DnsServer } from '@posthouse/testkit'
import { openCommandHouse, type CommandHouse } from '../testing/command-house.ts'

const zone = new Zone('')
let dns: DnsServer
let house: CommandHouse
before(async () => {
  dns = await startDnsServer(zone)
  house = await openCommandHouse({ POSTHOUSE_RESOLVERS: dns.address })
})
after(async () => {
  await house.close()
  await dns.close()
})

interface ShownKey {
  readonly selector: string
  readonly algorithm: string
  readonly state: string
  readonly name: string
  readonly record: string
  readonly split: string
  readonly now: string
}

async function keys(domain: string): Promise<readonly ShownKey[]> {
  const { items } = (await house.json('dkim', 'list', domain)) as { items: readonly ShownKey[] }
  return items
}

function publish(...all: readonly ShownKey[]): void {
  for (const { name, record } of all) zone.add({ name, type: 'TXT', value: record })
}

test('a new domain gets a key of each kind, which sign once DNS shows them', async () => {
  const { stdout, stderr, code } = await house.run('domain', 'add', 'example.org')
  assert.equal(code, 0, stdout + stderr)
  assert.match(stderr, /Keys for signing its mail are made/)
  const made = await keys('example.org')
  assert.deepEqual(
    made.map(({ algorithm, state }) => [algorithm, state]),
    [
      ['rsa-2048', 'waiting'],
      ['ed25519', 'waiting'],
    ],
  )
  const [rsa, ed] = made
  assert.ok(rsa !== undefined && ed !== undefined)
  assert.match(rsa.selector, /^p\d{4}w\d\dr$/)
  assert.equal(rsa.split.replaceAll(/" "|^"|"$/g, ''), rsa.record)
  const absent = await house.run('dkim', 'show', 'example.org', rsa.selector, '--dns')
  assert.equal(absent.code, 8)
  assert.ok(absent.stdout.includes(`${rsa.name}. TXT ${rsa.split}\n`))
  assert.ok(absent.stdout.includes(`\n${rsa.record}\n`))
  assert.match(absent.stderr, /It is not in DNS: there is no TXT record/)
  publish(rsa)
  zone.add({ name: ed.name, type: 'TXT', value: rsa.record })
  assert.match(await house.ok('dkim', 'show', 'example.org', rsa.selector, '--dns'), /active/)
  const wrong = await house.run('dkim', 'show', 'example.org', ed.selector, '--dns')
  assert.equal(wrong.code, 8)
  assert.match(wrong.stderr, /its key is of another type/)
  const states = await keys('example.org')
  assert.deepEqual(
    states.map(({ now }) => now.split(':')[0]),
    ['signs', 'signs once its record is in DNS'],
  )
})

test('a rotation makes the next keys once, however often it is asked for', async () => {
  await house.ok('domain', 'add', 'turn.example')
  publish(...(await keys('turn.example')))
  for (const { selector } of await keys('turn.example'))
    await house.ok('dkim', 'show', 'turn.example', selector, '--dns')
  const dry = await house.run('dkim', 'rotate', 'turn.example', '--dry-run')
  assert.match(dry.stderr, /Would make the next keys/)
  assert.equal((await keys('turn.example')).length, 2)
  const first = await house.run('dkim', 'rotate', 'turn.example', '--overlap', '2d')
  assert.match(first.stderr, /Publish these records/)
  const again = await house.run('dkim', 'rotate', 'turn.example')
  assert.match(again.stderr, /was made before, and waits/)
  const all = await keys('turn.example')
  assert.deepEqual(
    all.map(({ state }) => state),
    ['active', 'active', 'waiting', 'waiting'],
  )
  assert.equal(new Set(all.map(({ selector }) => selector)).size, 4)
  publish(...all.slice(2))
  for (const { selector } of all.slice(2))
    await house.ok('dkim', 'show', 'turn.example', selector, '--dns')
  const turned = await keys('turn.example')
  assert.deepEqual(
    turned.map(({ state }) => state),
    ['retiring', 'retiring', 'active', 'active'],
  )
  assert.match(turned[0]?.now ?? '', /its record may go after \d{4}-\d\d-\d\d/)
})

test('a key is taken out of use only when that was meant', async () => {
  await house.ok('domain', 'add', 'gone.example')
  const [key] = await keys('gone.example')
  assert.ok(key)
  publish(key)
  await house.ok('dkim', 'show', 'gone.example', key.selector, '--dns')
  const retire = ['dkim', 'retire', 'gone.example', key.selector]
  assert.match(await house.refused(2, ...retire), /will not be signed with rsa-2048/)
  await house.ok(...retire, '--confirm', 'gone.example')
  assert.equal((await keys('gone.example'))[0]?.state, 'retiring')
  await house.refused(2, ...retire, '--now')
  const gone = await house.run(...retire, '--now', '--confirm', 'gone.example')
  assert.match(gone.stderr, /publish "v=DKIM1; p="/)
  assert.match(await house.refused(6, ...retire), /retired already/)
})

test('what cannot be made is refused with what to do', async () => {
  await house.ok('domain', 'add', 'odd.example')
  assert.match(await house.refused(5, 'dkim', 'create', 'none.example'), /domain add none\.example/)
  await house.refused(5, 'dkim', 'list', 'none.example')
  await house.refused(5, 'dkim', 'show', 'odd.example', 'x')
  await house.refused(2, 'dkim', 'create', 'odd.example', '--alg', 'dsa')
  await house.refused(2, 'dkim', 'create', 'odd.example', '--selector', 'x')
  await house.refused(2, 'dkim', 'rotate', 'odd.example', '--overlap', 'soon')
  const waiting = ['dkim', 'create', 'odd.example', '--alg', 'rsa', '--selector', 'x']
  assert.match(await house.refused(6, ...waiting), /dkim retire odd\.example/)
  const [key] = await keys('odd.example')
  await house.ok('dkim', 'retire', 'odd.example', key?.selector ?? '')
  await house.refused(2, ...waiting.slice(0, -1), 'a b')
  await house.ok(...waiting)
  const made = await keys('odd.example')
  assert.ok(made.some(({ selector, state }) => selector === 'x' && state === 'waiting'))
})

test('without the file that opens the keys, list and status say so', async () => {
  const file = path.join(path.dirname(await house.file('x', '')), 'secret-key')
  await rename(file, `${file}.aside`)
  const { code, stderr } = await house.run('dkim', 'list')
  assert.equal(code, 3)
  assert.match(stderr, /Mail waits, because it cannot be signed\. .*secret-key is missing/)
  const added = await house.run('domain', 'add', 'later.example')
  assert.equal(added.code, 10)
  assert.match(added.stderr, /no keys for signing its mail: .* is missing/)
  await rename(`${file}.aside`, file)
  await house.ok('dkim', 'create', 'later.example')
})

test('the signatures of a message are explained, without a database', async () => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const der = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32)
  const key = { domain: 'signed.example', selector: 's1', algorithm: 'ed25519' } as const
  zone.add({
    name: keyRecordName(key),
    type: 'TXT',
    value: keyRecordText({ ...key, publicKey: der.toString('base64') }),
  })
  const letter = 'From: ada@signed.example\r\nSubject: x\r\n\r\nhello\r\n'
  const signed = await signMessage(
    Buffer.from(letter),
    [{ ...key, algorithm: 'ed25519-sha256', privateKey }],
    { at: new Date(), validSeconds: 600 },
  )
  assert.ok(signed.ok)
  const octets = Buffer.concat([signed.fields, signed.octets])
  const file = await house.file('signed.eml', octets)
  const good = await house.run('dkim', 'verify', file)
  assert.equal(good.code, 0, good.stderr)
  assert.match(good.stdout, /signed\.example +s1 +ed25519-sha256 +pass +yes/)
  assert.match(good.stderr, /1 of 1 signatures hold/)
  const foreign = octets.toString('latin1').replace('From: ada@', 'From: a@elsewhere.example, ada@')
  const bad = await house.run('dkim', 'verify', await house.file('bad.eml', foreign))
  assert.equal(bad.code, 3)
  assert.match(bad.stdout, /fail/)
  const none = await house.run('dkim', 'verify', await house.file('none.eml', letter))
  assert.equal(none.code, 3)
  assert.match(none.stderr, /bears no signature/)
})
