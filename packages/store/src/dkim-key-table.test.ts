import assert from 'node:assert/strict'
import { createPublicKey, sign, verify } from 'node:crypto'
import { rm, writeFile } from 'node:fs/promises'
import { after, before, test } from 'node:test'
import type { DkimKey } from './dkim-keys.ts'
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

async function domainWithKey(name: string): Promise<DkimKey> {
  await store.domains.create(name, actor)
  return made(name)
}

async function made(domain: string, overlapSeconds?: number): Promise<DkimKey> {
  const creation = await store.dkimKeys.create(
    domain,
    { algorithm: 'ed25519', overlapSeconds },
    actor,
  )
  assert.ok(creation.ok)
  return creation.key
}

async function statesOf(domain: string): Promise<readonly string[]> {
  const keys = await store.dkimKeys.list(domain)
  return keys.map(({ state }) => state)
}

test('a pair signs: what the private key signed the public one verifies, of both kinds', async () => {
  await store.domains.create('pair.test', actor)
  for (const algorithm of ['rsa-2048', 'ed25519'] as const) {
    const creation = await store.dkimKeys.create('pair.test', { algorithm }, actor)
    assert.ok(creation.ok && creation.key.state === 'waiting')
    assert.equal(await store.dkimKeys.activate(creation.key, actor), true)
  }
  const keys = await store.dkimKeys.signing('pair.test')
  assert.deepEqual(
    keys.map(({ algorithm }) => algorithm),
    ['rsa-2048', 'ed25519'],
  )
  for (const { algorithm, privateKey, selector } of keys) {
    const known = await store.dkimKeys.list('pair.test')
    const shown = known.find((each) => each.selector === selector)?.publicKey ?? ''
    const prefix = algorithm === 'ed25519' ? '302a300506032b6570032100' : ''
    const der = Buffer.concat([Buffer.from(prefix, 'hex'), Buffer.from(shown, 'base64')])
    const publicKey = createPublicKey({ key: der, format: 'der', type: 'spki' })
    const hash = algorithm === 'ed25519' ? null : 'sha256'
    const signature = sign(hash, Buffer.from('x'), privateKey)
    assert.ok(verify(hash, Buffer.from('x'), publicKey, signature))
  }
  const rows = await house.database.query(
    unnamed<{ private_key: Buffer }>(`SELECT private_key FROM dkim_key WHERE domain = 'pair.test'`),
  )
  // `PrivateKeyInfo` begins with a SEQUENCE and its version (RFC 5208 §5): no such thing is in the database.
  for (const { private_key: sealed } of rows)
    assert.ok(!sealed.includes(Buffer.from('020100', 'hex')))
})

test('a domain that never had a key gets one of each kind, whoever asks, and only once', async () => {
  const other = await house.another()
  await store.domains.create('new.test', actor)
  const equipped = await Promise.all(
    [store, other, store].map((each) => each.dkimKeys.equip('new.test', actor)),
  )
  assert.equal(equipped.flat().length, 2)
  const keys = await store.dkimKeys.list('new.test')
  assert.deepEqual(
    keys.map(({ algorithm, state }) => `${algorithm} ${state}`),
    ['rsa-2048 waiting', 'ed25519 waiting'],
  )
  for (const key of keys) await store.dkimKeys.retire(key, { now: true }, actor)
  assert.deepEqual(await store.dkimKeys.equip('new.test', actor), [])
  assert.deepEqual(await store.dkimKeys.equip('elsewhere.test', actor), [])
})

test('a rotation: the next waits, then signs, and the old one rests until mail on its way has gone', async () => {
  const first = await domainWithKey('turn.test')
  assert.deepEqual(await store.dkimKeys.signing('turn.test'), [])
  assert.equal(await store.dkimKeys.activate(first, actor), true)
  const next = await made('turn.test', 3600)
  assert.deepEqual(await statesOf('turn.test'), ['active', 'waiting'])
  assert.notEqual(first.selector, next.selector)
  const again = await store.dkimKeys.create('turn.test', { algorithm: 'ed25519' }, actor)
  assert.ok(!again.ok && again.reason === 'waiting' && again.key.selector === next.selector)
  assert.equal((await store.dkimKeys.signing('turn.test'))[0]?.selector, first.selector)
  assert.equal(await store.dkimKeys.activate(next, actor), true)
  assert.equal(await store.dkimKeys.activate(next, actor), false)
  assert.deepEqual(await statesOf('turn.test'), ['retiring', 'active'])
  const [old] = await store.dkimKeys.list('turn.test')
  const restSeconds = ((old?.retireAt?.getTime() ?? 0) - Date.now()) / 1000
  assert.ok(Math.abs(restSeconds - (5 * 86_400 + 3600)) < 600, `${restSeconds}`)
  assert.deepEqual(await store.dkimKeys.retireDue(actor), [])
  await house.database.execute(
    unnamed(`UPDATE dkim_key SET retire_at = now() WHERE state = 'retiring'`),
  )
  assert.deepEqual(
    (await store.dkimKeys.retireDue(actor)).map(({ selector }) => selector),
    [first.selector],
  )
  assert.deepEqual(await statesOf('turn.test'), ['retired', 'active'])
})

test('commands and workers at the same moment make one next key, and one that signs', async () => {
  const others = await Promise.all([1, 2, 3].map(() => house.another()))
  await store.domains.create('race.test', actor)
  const all = [store, ...others]
  const creations = await Promise.all(
    all.map((each) => each.dkimKeys.create('race.test', { algorithm: 'ed25519' }, actor)),
  )
  assert.equal(creations.filter(({ ok }) => ok).length, 1)
  assert.deepEqual(await statesOf('race.test'), ['waiting'])
  const [key] = await store.dkimKeys.list('race.test')
  assert.ok(key)
  const activations = await Promise.all(all.map((each) => each.dkimKeys.activate(key, actor)))
  assert.equal(activations.filter(Boolean).length, 1)
  const due = await Promise.all(all.map((each) => each.dkimKeys.due()))
  assert.equal(due.flat().filter(({ domain }) => domain === 'race.test').length, 0)
})

test('each key that waits is looked for by one of many, and again only after a while', async () => {
  await domainWithKey('due.test')
  const other = await house.another()
  const taken = (await Promise.all([store.dkimKeys.due(), other.dkimKeys.due()])).flat()
  assert.equal(taken.filter(({ domain }) => domain === 'due.test').length, 1)
  assert.ok((await store.dkimKeys.due()).every(({ domain }) => domain !== 'due.test'))
  const [key] = await store.dkimKeys.list('due.test')
  assert.ok(key)
  await store.dkimKeys.noteChecked(key, 'there is nothing')
  assert.equal((await store.dkimKeys.list('due.test'))[0]?.finding, 'there is nothing')
  await house.database.execute(
    unnamed(`UPDATE dkim_key SET checked_at = now() - interval '6 minutes'`),
  )
  assert.ok((await store.dkimKeys.due()).some(({ domain }) => domain === 'due.test'))
})

test('a key is taken out of use gently or at once, and its selector is never used again', async () => {
  const key = await domainWithKey('gone.test')
  await store.dkimKeys.activate(key, actor)
  assert.equal((await store.dkimKeys.retire(key, { now: false }, actor))?.state, 'retiring')
  assert.deepEqual(await store.dkimKeys.signing('gone.test'), [])
  assert.equal((await store.dkimKeys.retire(key, { now: false }, actor))?.state, 'retired')
  assert.equal((await store.dkimKeys.retire(key, { now: true }, actor))?.state, 'retired')
  assert.equal(
    await store.dkimKeys.retire({ domain: 'gone.test', selector: 'x' }, { now: true }, actor),
    undefined,
  )
  assert.notEqual((await made('gone.test')).selector, key.selector)
  const again = { algorithm: 'rsa-2048', selector: key.selector } as const
  const reused = await store.dkimKeys.create('gone.test', again, actor)
  assert.ok(!reused.ok && reused.reason === 'exists')
  const kept = await house.database.query(
    unnamed(`SELECT FROM dkim_key WHERE state = 'retired' AND private_key IS NOT NULL`),
  )
  assert.equal(kept.length, 0)
})

test('names are checked, and only our domains have keys', async () => {
  const create = (domain: string, selector?: string) =>
    store.dkimKeys.create(domain, { algorithm: 'ed25519', selector }, actor)
  assert.deepEqual(await create('elsewhere.test'), { ok: false, reason: 'not-found' })
  await store.domains.create('names.test', actor)
  for (const selector of [
    'a b',
    '',
    '.',
    'a..b',
    '-a',
    'a;b',
    'x'.repeat(64),
    `${'a.'.repeat(120)}a`,
  ])
    assert.deepEqual(await create('names.test', selector), { ok: false, reason: 'malformed' })
  const creation = await create('Names.Test', 'Mail.2026')
  assert.ok(creation.ok && creation.key.selector === 'mail.2026')
  await store.domains.remove('names.test', actor)
  assert.deepEqual(await store.dkimKeys.list('names.test'), [])
})

test('without the right key file nothing is signed, and it is said why', async () => {
  const key = await domainWithKey('sealed.test')
  await store.dkimKeys.activate(key, actor)
  assert.equal(await store.dkimKeys.problem(), undefined)
  const other = `${house.secretKeyFile}.other`
  const lost = await house.another({ secretKeyFile: other })
  await assert.rejects(lost.dkimKeys.signing('sealed.test'), SecretKeyUnfit)
  assert.match((await lost.dkimKeys.problem()) ?? '', /is missing/)
  await writeFile(other, `${'ab'.repeat(32)}\n`)
  await assert.rejects(lost.dkimKeys.signing('sealed.test'), /not the key/)
  await rm(other)
})

test('a domain’s change is heard by other processes, and domains that never had a key are known', async () => {
  const other = await house.another()
  const heard = Promise.withResolvers<string>()
  const ready = Promise.withResolvers<void>()
  const stop = other.dkimKeys.onChange(heard.resolve, ready.resolve)
  await ready.promise
  await store.domains.create('heard.test', actor)
  assert.ok((await other.dkimKeys.domainsWithout()).includes('heard.test'))
  await store.dkimKeys.activate(await made('heard.test'), actor)
  assert.equal(await heard.promise, 'heard.test')
  stop()
  assert.ok(!(await other.dkimKeys.domainsWithout()).includes('heard.test'))
})

test('each change leaves an audit row', async () => {
  const key = await domainWithKey('told.test')
  await store.dkimKeys.activate(key, actor)
  await store.dkimKeys.retire(key, { now: true }, actor)
  const entries = await store.audit.list({ object: 'told.test' })
  assert.deepEqual(
    entries.map(({ action }) => action),
    ['dkim.retired', 'dkim.activated', 'dkim.created', 'domain.created'],
  )
})
