import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Secret } from '@posthouse/config'
import { openStore } from './open-store.ts'
import { comparePatterns, matchesPattern } from './relay-pattern.ts'
import type { NewRelay, RelayPattern } from './relays.ts'
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

const relay: NewRelay = {
  recipient: '*',
  sender: '*',
  afterFailures: 0,
  host: 'smtp.relay.test',
  port: 587,
  tls: 'verified',
}

function pattern(recipient: string, sender = '*', afterFailures = 0): RelayPattern {
  return { recipient, sender, afterFailures }
}

test('a relay is kept with its password sealed, told of at once, and removed by its pattern', async () => {
  const woken = Promise.withResolvers<void>()
  const another = await house.another()
  const stop = another.relays.onChange(() => woken.resolve())
  const credentials = { user: 'us', password: new Secret('geheim') }
  const made = await store.relays.add({ ...relay, recipient: 'Example.ORG.', credentials }, actor)
  assert.ok(made.ok)
  await woken.promise
  stop()
  const [kept] = await store.relays.list()
  assert.deepEqual(kept, made.relay)
  assert.deepEqual([kept?.recipient, kept?.user], ['example.org', 'us'])
  assert.equal((await store.relays.password(made.relay.id))?.reveal(), 'geheim')
  const rows = await house.database.query(
    unnamed<{ readonly text: string }>(`SELECT encode(secret, 'escape') AS text FROM relay`),
  )
  assert.ok(rows.every(({ text }) => !text.includes('geheim')))
  const [entry] = await store.audit.list({ object: 'example.org' })
  assert.equal(entry?.action, 'relay.added')
  assert.doesNotMatch(JSON.stringify(entry), /geheim/)
  assert.equal(await store.relays.remove(pattern('example.org'), actor), 'done')
  assert.equal(await store.relays.remove(pattern('example.org'), actor), 'not-found')
  assert.equal(await store.relays.password(made.relay.id), undefined)
  assert.deepEqual(await store.relays.list(), [])
})

test('what cannot be a pattern or a host is refused, and so is the same pattern again', async () => {
  for (const [more, what] of [
    [{ recipient: 'a b' }, 'recipient'],
    [{ recipient: 'ada@example.org' }, 'recipient'],
    [{ sender: 'nobody@' }, 'sender'],
    [{ host: 'x y' }, 'host'],
  ] as const) {
    assert.deepEqual(await store.relays.add({ ...relay, ...more }, actor), {
      ok: false,
      reason: 'malformed',
      what,
    })
  }
  assert.ok((await store.relays.add(relay, actor)).ok)
  const again = await store.relays.add({ ...relay, host: 'other.test' }, actor)
  assert.deepEqual(again, { ok: false, reason: 'exists' })
  assert.ok((await store.relays.add({ ...relay, afterFailures: 3 }, actor)).ok)
  assert.equal((await store.relays.list()).length, 2)
  await store.relays.remove(pattern('*'), actor)
  await store.relays.remove(pattern('*', '*', 3), actor)
})

test('without a key nothing is sealed, and nothing is kept', async () => {
  const keyless = await openStore({ database: house.url, app: 'test', unsafe: true })
  const credentials = { user: 'us', password: new Secret('geheim') }
  await assert.rejects(keyless.relays.add({ ...relay, credentials }, actor), SecretKeyUnfit)
  await keyless.close()
  assert.deepEqual(await store.relays.list(), [])
})

test('the most specific pattern comes first: sender, then recipient, then failures', () => {
  const inOrder = [
    pattern('example.org', 'ada@example.test'),
    pattern('*', 'ada@example.test'),
    pattern('example.org', 'example.test'),
    pattern('*', 'example.test'),
    pattern('example.org', '*', 3),
    pattern('example.org'),
    pattern('.sub.example.org'),
    pattern('.example.org'),
    pattern('*', '*', 5),
    pattern('*'),
  ]
  assert.deepEqual(inOrder.toReversed().toSorted(comparePatterns), inOrder)
})

test('a pattern matches domains, what lies below them, senders by address and domain, and failures', () => {
  const message = { sender: 'Ada@example.test', domain: 'mail.example.org', failures: 2 }
  for (const each of [
    pattern('*'),
    pattern('mail.example.org'),
    pattern('.example.org'),
    pattern('*', 'example.test'),
    pattern('*', 'ada@example.test'),
    pattern('*', '*', 2),
  ]) {
    assert.ok(matchesPattern(each, message), JSON.stringify(each))
  }
  for (const each of [
    pattern('example.org'),
    pattern('.mail.example.org'),
    pattern('.ample.org'),
    pattern('*', 'bob@example.test'),
    pattern('*', 'test'),
    pattern('*', '*', 3),
  ]) {
    assert.ok(!matchesPattern(each, message), JSON.stringify(each))
  }
  assert.ok(!matchesPattern(pattern('*', 'example.test'), { ...message, sender: '' }))
  assert.ok(matchesPattern(pattern('*'), { ...message, sender: '' }))
})
