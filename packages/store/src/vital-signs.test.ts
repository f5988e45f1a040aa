import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { unnamed } from './statement.ts'
import { actor, openStoreHouse, outboundDelivery, type StoreHouse } from './testing/store-house.ts'
import { StoreUnavailable } from './unavailable.ts'

let house: StoreHouse
before(async () => {
  house = await openStoreHouse({ limits: { connections: 1 } })
})
after(() => house.close())

test('an empty store has nothing waiting, no backup, and a size', async () => {
  const { databaseBytes, ...rest } = await house.store.vitalSigns()
  assert.ok(databaseBytes > 1_000_000)
  const none = { waiting: 0, active: 0, deferred: 0, held: 0 }
  assert.deepEqual(rest, { ...none, oldestSeconds: undefined, lastBackupAt: undefined })
})

test('each recipient is in one state, and the oldest is the oldest of all', async () => {
  const { queue } = house.store
  for (const [n, of] of ['held', 'deferred', 'active', 'waiting'].entries()) {
    const to = [`a@${of}.test`, `b@${of}.test`]
    await house.store.deliver(outboundDelivery('ada@example.test', to, `${n}`))
  }
  await queue.hold({ destination: 'held.test' }, { by: 'operator', because: 'test' }, actor)
  const claim = (only: string) =>
    queue.claim({
      worker: 'w',
      destinations: 1,
      perDestination: 10,
      leaseSeconds: 60,
      only: [only],
    })
  const { token, messages } = await claim('deferred.test')
  const reply = { host: 'mx', code: 450, enhanced: '4.2.0', text: 'later' }
  const outcomes = messages.flatMap(({ queueId, recipients }) =>
    recipients.map(
      ({ n }) => ({ queueId, n, kind: 'deferred', reply, retryInSeconds: 600 }) as const,
    ),
  )
  await queue.record(token, outcomes)
  await claim('active.test')
  // The one that is held is the oldest, and an hour old.
  await house.database.execute(
    unnamed(`UPDATE queue_message SET submitted_at = now() - interval '1 hour'
      WHERE queue_id IN (SELECT queue_id FROM queue_recipient WHERE state = 'held')`),
  )
  const { waiting, active, deferred, held, oldestSeconds = 0 } = await house.store.vitalSigns()
  assert.deepEqual([waiting, active, deferred, held], [2, 2, 2, 2])
  assert.ok(oldestSeconds >= 3_600 && oldestSeconds < 3_700, `${oldestSeconds}`)
})

test('the last backup is the newest that was noted', async () => {
  await house.store.audit.write(actor, 'backup.created', 'backup', {})
  const { lastBackupAt } = await house.store.vitalSigns()
  assert.ok(Math.abs(Date.now() - (lastBackupAt?.getTime() ?? 0)) < 60_000)
})

test('what is asked with each scrape reads no finished mail and no whole audit trail', async () => {
  for (const setting of ['enable_seqscan = off', 'plan_cache_mode = force_generic_plan'])
    await house.database.execute(unnamed(`SET ${setting}`))
  const { vitalSigns } = await import('./vital-signs.ts')
  await vitalSigns(house.database)
  for (const name of ['vital_queue', 'vital_backup']) {
    const lines = await house.database.query(
      unnamed<readonly [string]>(`EXPLAIN EXECUTE "${name}"`, 'array'),
    )
    assert.doesNotMatch(lines.join('\n'), /Seq Scan on \w/, name)
  }
})

test('a database that can be read and not written is told from one that is well', async () => {
  await house.store.proveWritable()
  const name = decodeURIComponent(new URL(house.url).pathname.slice(1))
  await house.database.execute(
    unnamed(`ALTER DATABASE "${name}" SET default_transaction_read_only = on`),
  )
  const another = await house.another()
  try {
    await assert.rejects(another.proveWritable(), (error) => {
      return error instanceof StoreUnavailable || /read-only/.test(String(error))
    })
  } finally {
    await house.database.execute(
      unnamed(`ALTER DATABASE "${name}" RESET default_transaction_read_only`),
    )
  }
})
