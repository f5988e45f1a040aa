import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { Zone, zoneResolver } from '@posthouse/dns'
import { zipOf } from '../../packages/filter/src/archive.fixture.ts'
import { makeKey, signMail } from '../../packages/mail-auth/src/signed-mail.fixture.ts'
import { ada, bob, FilterHouse, outsideZone } from './house/filter-house.ts'
import { base64, fileOf, letter, mixed, type LetterParts } from './house/filter-letters.ts'
import { absent } from './house/run-program.ts'
import { eicar, eicarName, startClamd } from './house/scanners.ts'

// EICAR's test file, found by a real clamd wherever it hides. Nothing here is put together before it runs.

const skip = absent('clamd', 'clamav-daemon')

const zipped = (): Buffer => zipOf([{ name: 'readme.txt', content: eicar }])

/** A message with the virus that was forwarded, in a message around it. */
const forwarded = (parts: LetterParts, inner: Buffer): Buffer =>
  mixed([['Content-Type: message/rfc822', inner.toString('latin1')]], parts)

/** By where the virus is. */
const hidingPlaces: readonly (readonly [name: string, build: (parts: LetterParts) => Buffer])[] = [
  ['as the text itself', (parts) => letter({ ...parts, body: `${eicar}\r\n` })],
  ['in an attachment', (parts) => mixed([fileOf('readme.txt', eicar)], parts)],
  ['in a zip', (parts) => mixed([fileOf('readme.zip', zipped())], parts)],
  ['forwarded', (parts) => forwarded(parts, mixed([fileOf('readme.txt', eicar)]))],
  ['in a zip, forwarded', (parts) => forwarded(parts, mixed([fileOf('readme.zip', zipped())]))],
  [
    'forwarded twice',
    (parts) => forwarded(parts, forwarded({}, mixed([fileOf('readme.txt', eicar)]))),
  ],
  [
    // RFC 2046 §5.2.1 forbids it, and clients read it all the same.
    'forwarded in base64',
    (parts) => {
      const fields = 'Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64'
      return mixed([[fields, base64(mixed([fileOf('readme.txt', eicar)]))]], parts)
    },
  ],
]

/** clamd says more behind the name of a signature that is not its makers'. */
const refused = new RegExp(
  String.raw`^554 5\.6\.0 [^]*\(${eicarName.replaceAll('.', String.raw`\.`)}\b`,
)

async function isNowhere(house: FilterHouse): Promise<void> {
  assert.deepEqual(await house.counts(ada), [0, 0, 0])
  assert.deepEqual(await house.counts(bob), [0, 0, 0])
  assert.deepEqual(await house.store.queue.list(), [])
}

describe('a virus is refused, and stands nowhere', { skip }, () => {
  let clamd: Awaited<ReturnType<typeof startClamd>>
  let house: FilterHouse
  before(async () => {
    clamd = await startClamd()
    house = await FilterHouse.start({ settings: [`clamd.address=127.0.0.1:${clamd.port}`] })
    await house.store.aliases.create('away@example.test', ['friend@example.net'], {
      via: 'test',
      user: '',
    })
  })
  after(async () => {
    await house.stop()
    await clamd.stop()
  })

  for (const [name, build] of hidingPlaces) {
    test(`${name}, from the world`, async () => {
      const answer = await house.send(build({}), { to: [ada, bob, 'away@example.test'] })
      assert.match(answer, refused)
      await isNowhere(house)
      const verdict = await house.verdictOn(answer)
      assert.deepEqual([verdict.action, verdict.reason], ['reject', 'virus'])
      assert.ok(verdict.findings.some(({ symbol }) => symbol === 'CLAMD_VIRUS'))
    })

    test(`${name}, from one of our own users`, async () => {
      const answer = await house.submit(build({ from: ada }), [bob, 'friend@example.net'])
      assert.match(answer, refused)
      await isNowhere(house)
      assert.equal((await house.verdictOn(answer)).direction, 'outbound')
    })
  }

  test('the same messages without it are taken', async () => {
    assert.match(await house.send(mixed([fileOf('readme.txt', 'nothing')])), /^250/)
    const inner = mixed([fileOf('readme.txt', 'nothing')])
    assert.match(await house.submit(forwarded({ from: ada }, inner), [ada]), /^250/)
    assert.deepEqual(await house.counts(ada), [2, 0, 0])
  })
})

describe('a virus is kept aside where that is wanted', { skip }, () => {
  const key = makeKey('ed25519')
  const zone = new Zone(`${outsideZone}\ntest._domainkey.example.org TXT "${key.record}"`)
  let clamd: Awaited<ReturnType<typeof startClamd>>
  let house: FilterHouse
  before(async () => {
    clamd = await startClamd()
    house = await FilterHouse.start({
      settings: [`clamd.address=127.0.0.1:${clamd.port}`, 'virus.action=quarantine'],
      resolver: zoneResolver(zone),
    })
  })
  after(async () => {
    await house.stop()
    await clamd.stop()
  })

  test('in no mailbox; a release brings every octet to whom it was for, and nobody else', async () => {
    const octets = mixed([fileOf('readme.zip', zipped())])
    assert.match(await house.send(octets, { to: [ada, bob] }), /^250/)
    assert.deepEqual(await house.counts(ada), [0, 0, 1])
    assert.deepEqual(await house.counts(bob), [0, 0, 1])
    const listed = await house.posthouse('quarantine', 'list', '--for', ada, '-q')
    assert.equal(listed.code, 0, listed.stderr)
    const id = listed.stdout.trim()
    assert.equal((await house.posthouse('quarantine', 'release', id)).code, 2, 'it asks first')
    assert.deepEqual(await house.counts(ada), [0, 0, 1])
    const released = await house.posthouse('quarantine', 'release', id, '--yes')
    assert.equal(released.code, 0, released.stderr)
    assert.deepEqual(await house.counts(ada), [1, 0, 0])
    assert.deepEqual(await house.counts(bob), [0, 0, 1])
    const [message = ''] = await house.messages(ada, 'INBOX')
    assert.ok(message.endsWith(`\r\n${octets.toString('latin1')}`), 'unaltered')
    assert.match(message, /^X-Posthouse-Verdict: quarantine/m)
  })

  test('an allowed sender, proven by a signature, changes nothing of it', async () => {
    const carol = await house.suite.account('carol@example.test')
    const by = { via: 'test', user: '' }
    await house.store.filterSettings.addRule('allow', 'example.org', carol.id, by)
    const send = async (octets: Buffer): Promise<string> => {
      const answer = await house.send(await signMail(octets, 'example.org', key), {
        to: [carol.address],
      })
      assert.match(answer, /^250/)
      return answer
    }
    const answer = await send(mixed([fileOf('readme.txt', eicar)]))
    assert.deepEqual((await house.verdictOn(answer)).authentication?.authenticated, ['example.org'])
    await send(letter())
    assert.deepEqual(await house.counts(carol.address), [1, 0, 1])
  })

  test('our own users hear of it at once: nothing of theirs is put aside', async () => {
    const [, , aside] = await house.counts(bob)
    const octets = mixed([fileOf('readme.txt', eicar)], { from: ada })
    assert.match(await house.submit(octets, [bob, 'friend@example.net']), refused)
    assert.equal((await house.counts(bob))[2], aside)
    assert.deepEqual(await house.store.queue.list(), [])
  })
})
