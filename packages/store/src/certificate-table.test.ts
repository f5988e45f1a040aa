import assert from 'node:assert/strict'
import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { after, before, test } from 'node:test'
import { publicKeyPin } from './certificate-table.ts'
import type { Certificate, NewCertificate } from './certificates.ts'
import { SecretKeyUnfit } from './sealer.ts'
import { unnamed } from './statement.ts'
import type { Store } from './store.ts'
import { actor, openStoreHouse, type StoreHouse } from './testing/store-house.ts'

let house: StoreHouse
let store: Store
before(async () => {
  house = await openStoreHouse()
  store = house.store
})
after(() => house.close())

const day = 86_400_000
const newKey = (): KeyObject => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
const made = (...names: readonly string[]): NewCertificate => ({
  chain: `-----BEGIN CERTIFICATE-----\n${names[0]}\n-----END CERTIFICATE-----\n`,
  names,
  notBefore: new Date(Date.now() - day),
  notAfter: new Date(Date.now() + 89 * day),
})
const renewAt = new Date(Date.now() + 60 * day)

async function shown(name: string): Promise<Certificate> {
  const found = (await store.certificates.list()).find((each) => each.name === name)
  assert.ok(found)
  return found
}

test('a name is equipped with one key, whoever comes first, and it is kept from renewal to renewal', async () => {
  const others = await Promise.all([1, 2].map(() => house.another()))
  const all = [store, ...others].map(({ certificates }) =>
    certificates.equip('mail.a.test', () => Promise.resolve(newKey())),
  )
  const pins = (await Promise.all(all)).map(({ pin }) => pin.toString('hex'))
  assert.equal(new Set(pins).size, 1)
  const { certificates } = store
  assert.deepEqual((await certificates.served()).served, [])
  for (let round = 0; round < 2; round++) {
    const issued = { ...made('mail.a.test'), renewAt, keptSeconds: 0, isNext: false }
    await certificates.install('mail.a.test', issued, actor)
    const { pin, leftSeconds = 0, renewInSeconds } = await shown('mail.a.test')
    assert.equal(pin.toString('hex'), pins[0])
    assert.ok(Math.abs(leftSeconds - 89 * 86_400) < 600)
    assert.ok(Math.abs(renewInSeconds - 60 * 86_400) < 600)
  }
  const key = await certificates.key('mail.a.test', 'present')
  assert.equal(key === undefined ? '' : publicKeyPin(key).toString('hex'), pins[0])
  const { served, unreadable } = await certificates.served()
  assert.deepEqual(unreadable, [])
  assert.match(served[0]?.key ?? '', /BEGIN PRIVATE KEY/)
})

test('a new one is not renewed at once, whatever the clock says of the machine that ordered it', async () => {
  const { certificates } = store
  await certificates.equip('mail.early.test', () => Promise.resolve(newKey()))
  const early = { renewAt: new Date(0), keptSeconds: 3600, isNext: false }
  await certificates.install('mail.early.test', { ...made('mail.early.test'), ...early }, actor)
  const { renewInSeconds } = await shown('mail.early.test')
  assert.ok(Math.abs(renewInSeconds - 3600) < 600)
  await certificates.remove('mail.early.test', actor)
})

test('no private key stands in the database as it is', async () => {
  await store.certificates.keepAccount('https://a.test', {
    key: newKey(),
    url: undefined,
    email: 'a@b',
  })
  const rows = await house.database.query(
    unnamed<{ private_key: Buffer }>(
      'SELECT private_key FROM certificate UNION ALL SELECT private_key FROM acme_account',
    ),
  )
  assert.ok(rows.length > 1)
  // `PrivateKeyInfo` begins with its version (RFC 5208 §5).
  for (const { private_key: sealed } of rows)
    assert.ok(!sealed.includes(Buffer.from('020100', 'hex')))
})

test('a next key is ready two TTLs after its record was first seen, and not if it goes away', async () => {
  const { certificates } = store
  const name = 'mail.roll.test'
  await certificates.equip(name, () => Promise.resolve(newKey()))
  await certificates.install(name, { ...made(name), renewAt, keptSeconds: 0, isNext: false }, actor)
  const next = newKey()
  await certificates.keepNext(name, next)
  await certificates.keepNext(name, newKey())
  assert.deepEqual((await shown(name)).nextPin, publicKeyPin(next))
  await certificates.noteNext(name, 300)
  const first = (await shown(name)).nextReadyInSeconds ?? 0
  assert.ok(first > 500 && first <= 600, `${first}`)
  await certificates.noteNext(name, 3600)
  assert.ok(((await shown(name)).nextReadyInSeconds ?? 1e9) <= first)
  await certificates.noteNext(name, undefined)
  assert.equal((await shown(name)).nextReadyInSeconds, undefined)
  await certificates.install(name, { ...made(name), renewAt, keptSeconds: 0, isNext: true }, actor)
  const rolled = await shown(name)
  assert.deepEqual(rolled.pin, publicKeyPin(next))
  assert.equal(rolled.nextPin, undefined)
  assert.deepEqual((await certificates.served()).unreadable, [])
  const again = { ...made(name), renewAt, keptSeconds: 0, isNext: true }
  await assert.rejects(certificates.install(name, again, actor))
})

test('failures are counted and waited for, of a certificate and of a name; success ends both', async () => {
  const { certificates } = store
  const name = 'fail.test'
  await certificates.equip(name, () => Promise.resolve(newKey()))
  const order = { url: 'https://a.test/order/1', names: ['imap.fail.test'], isNext: false }
  await certificates.noteOrder(name, order)
  const problem = { kind: 'rateLimited', text: 'too many\0 certificates' }
  await certificates.noteFailure(name, problem, 600)
  await certificates.noteFailure(name, problem, 1200)
  const failing = await shown(name)
  assert.deepEqual(failing.order, order)
  assert.equal(failing.failures, 2)
  assert.ok(failing.restSeconds > 1100)
  assert.equal(failing.problem?.text, 'too many certificates')
  await certificates.noteNameFailure(name, 'imap.fail.test', 'no answer', 3600)
  await certificates.noteNameFailure(name, 'imap.fail.test', 'no answer', 7200)
  await certificates.noteMissing(name, [
    { name: 'smtp.fail.test', because: 'it leads elsewhere' },
    { name: 'imap.fail.test', because: 'it leads elsewhere' },
  ])
  const missing = await certificates.missingNames()
  assert.deepEqual(
    missing.map(({ name: each, because, failures }) => [each, because, failures]),
    [
      ['imap.fail.test', 'no answer', 2],
      ['smtp.fail.test', 'it leads elsewhere', 0],
    ],
  )
  await certificates.noteMissing(name, [])
  assert.equal((await certificates.missingNames()).length, 1)
  const issued = { ...made('imap.fail.test'), renewAt, keptSeconds: 0, isNext: false }
  await certificates.install(name, issued, actor)
  assert.deepEqual(await certificates.missingNames(), [])
  const well = await shown(name)
  assert.deepEqual([well.failures, well.problem, well.order], [0, undefined, undefined])
  assert.ok(well.restSeconds <= 0)
})

test('one that is imported takes the place of one that was issued, and is not renewed by us', async () => {
  const { certificates } = store
  const key = newKey()
  await certificates.import('fail.test', made('fail.test', '*.fail.test'), key, actor)
  const { source, renewInSeconds, names } = await shown('fail.test')
  assert.deepEqual([source, names], ['imported', ['fail.test', '*.fail.test']])
  assert.ok(renewInSeconds > 1e6)
  assert.equal(await certificates.remove('fail.test', actor), true)
  assert.equal(await certificates.remove('fail.test', actor), false)
})

test('challenges reach other processes, are answered by token, and only those over HTTP', async () => {
  const other = await house.another()
  const [listening, heard] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  let isListening = false
  const stop = other.certificates.onChallenge(() => {
    if (isListening) heard.resolve()
    isListening = true
    listening.resolve()
  })
  await listening.promise
  await store.certificates.putChallenges([
    { kind: 'http-01', token: 't1', name: 'a.test', answer: 't1.x' },
    { kind: 'tls-alpn-01', token: 't2', name: 'b.test', answer: 't2.x' },
  ])
  await heard.promise
  stop()
  assert.equal(await other.certificates.challengeAnswer('t1'), 't1.x')
  assert.equal(await other.certificates.challengeAnswer('t2'), undefined)
  assert.equal(await other.certificates.challengeAnswer('t%00'), undefined)
  assert.equal((await other.certificates.challenges()).length, 2)
  await store.certificates.dropChallenges(['t1', 't2', 't3'])
  assert.deepEqual(await other.certificates.challenges(), [])
})

test('one issuer at a time, on whatever machine; one that dies leaves the place free', async () => {
  const other = await house.another()
  const inside = await store.certificates.alone(async () => {
    assert.equal(await other.certificates.alone(() => Promise.resolve(1)), undefined)
    return 2
  })
  assert.deepEqual(inside, { value: 2 })
  await assert.rejects(
    store.certificates.alone(() => Promise.reject(new Error('broken'))),
    /broken/,
  )
  assert.deepEqual(await other.certificates.alone(() => Promise.resolve(3)), { value: 3 })
})

test('with another key file the certificates that cannot be opened are named, and nothing is lost', async () => {
  const strange = await house.another({ secretKeyFile: `${house.secretKeyFile}-other` })
  await writeFile(`${house.secretKeyFile}-other`, `${'ab'.repeat(32)}\n`)
  const { served, unreadable } = await strange.certificates.served()
  assert.deepEqual(served, [])
  assert.deepEqual(unreadable, ['mail.a.test', 'mail.roll.test'])
  await assert.rejects(strange.certificates.key('mail.a.test', 'present'), SecretKeyUnfit)
  assert.equal((await store.certificates.served()).served.length, 2)
})
