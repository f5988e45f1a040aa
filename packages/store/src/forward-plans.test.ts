import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { AddressBook } from './address-book.ts'
import { tupleStatement, unnamed } from './statement.ts'
import { actor, openStoreHouse, type StoreHouse } from './testing/store-house.ts'

// What looking an alias up costs, where a hundred thousand messages went its way in the last week.

let house: StoreHouse

/** There are no rewritten senders here. */
const senders = { read: () => Promise.resolve(undefined) }

before(async () => {
  // One connection, so that prepared statements are found again.
  house = await openStoreHouse({ limits: { connections: 1 } })
  await house.account('ada@example.test')
  await house.store.aliases.create('busy@example.test', ['busy@remote.test'], actor)
  for (const text of [
    `INSERT INTO domain (name) SELECT 'domain' || n || '.test' FROM generate_series(1, 2000) n`,
    `INSERT INTO address (domain, local_key, local_part)
      SELECT 'domain' || n || '.test', 'info', 'info' FROM generate_series(1, 2000) n`,
    `INSERT INTO alias_target (domain, local_key, n, target_domain, target_key, target_local_part)
      SELECT 'domain' || n || '.test', 'info', 1, 'remote.test', 'x' || n, 'x' || n FROM generate_series(1, 2000) n`,
    `INSERT INTO queue_message (queue_id, sender, content, prefix, size, is_eight_bit, needs_smtputf8, requires_tls, finished_at)
      SELECT lpad(to_hex(n), 32, '0')::uuid, '', '\\x00', '', 1, false, false, false, now() FROM generate_series(1, 100000) n`,
    `INSERT INTO queue_recipient (queue_id, n, destination, address, state, last_at, last_outcome)
      SELECT queue_id, 1, 'remote.test', 'busy@remote.test', 'delivered', now(), 'delivered' FROM queue_message`,
    `INSERT INTO forwarding (path, queue_id, n) SELECT 'busy@example.test>busy@remote.test', queue_id, 1 FROM queue_message`,
    'ANALYZE',
  ]) {
    await house.database.execute(unnamed(text))
  }
})
after(async () => {
  // None of this has octets, which the check would miss.
  for (const table of ['forwarding', 'queue_recipient', 'queue_message']) {
    await house.database.execute(unnamed(`DELETE FROM ${table}`))
  }
  await house.close()
})

test('the look-up of an alias reads the newest of its messages, and no table whole', async () => {
  const found = await house.store.resolve('busy@example.test')
  assert.ok(found.kind === 'alias' && found.remote.length === 1)
  await new AddressBook(house.database, () => undefined, senders).resolve('busy@example.test')
  const explain = tupleStatement<readonly [string]>(
    'test_explain_reach',
    `EXPLAIN (ANALYZE, BUFFERS) EXECUTE resolve_reach_plain ('{example.test}', '{busy}', '{busy}', 1001)`,
  )
  const plan = (await house.database.read(explain)).map(([line]) => line).join('\n')
  const done = plan.split('\n').filter((line) => !line.includes('never executed'))
  for (const table of ['address', 'alias_target', 'domain', 'forwarding', 'queue_recipient']) {
    const whole = done.filter((line) => line.includes(`Seq Scan on ${table} `))
    assert.deepEqual(whole, [], plan)
  }
  const [, hit = '', read = '0'] = /Buffers: shared hit=(\d+)(?: read=(\d+))?/.exec(plan) ?? []
  assert.ok(Number(hit) + Number(read) < 1_000, plan)
})

test('an account’s own address costs one look at an index more', async () => {
  for (const text of [
    `INSERT INTO account (account_id) SELECT lpad(to_hex(n), 32, '0')::uuid FROM generate_series(1, 2000) n`,
    `INSERT INTO forward (account_id, keeps_copy) SELECT account_id, false FROM account`,
    'ANALYZE forward, account',
  ]) {
    await house.database.execute(unnamed(text))
  }
  assert.equal((await house.store.resolve('ada@example.test')).kind, 'local')
  await new AddressBook(house.database, () => undefined, senders).resolve('ada@example.test')
  const explain = tupleStatement<readonly [string]>(
    'test_explain_direct',
    `EXPLAIN EXECUTE resolve_direct ('{example.test}', '{ada}')`,
  )
  const plan = (await house.database.read(explain)).map(([line]) => line).join('\n')
  assert.match(plan, /Index Only Scan using forward_pkey/)
  await house.database.execute(
    unnamed(`DELETE FROM account WHERE account_id < '00000001-0000-0000-0000-000000000000'`),
  )
})
