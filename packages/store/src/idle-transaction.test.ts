import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { freshDatabase, type FreshDatabase } from '@posthouse/testkit'
import { Database } from './database.ts'
import { tupleStatement } from './statement.ts'
import { StoreUnavailable } from './unavailable.ts'

let fresh: FreshDatabase
let database: Database
let other: Database
before(async () => {
  fresh = await freshDatabase()
  database = new Database({ url: fresh.url, app: 'test', limits: { idleInTransactionMs: 100 } })
  other = new Database({ url: fresh.url, app: 'test' })
})
after(async () => {
  await Promise.all([database.close(), other.close()])
  await fresh.drop()
})

const ownPid = tupleStatement<readonly [number]>('test_own_pid', 'SELECT pg_backend_pid()')
const lives = tupleStatement<readonly [number]>(
  'test_lives',
  'SELECT count(*) FROM pg_stat_activity WHERE pid = $1',
)

test('a transaction that waits for something else is ended by the server and holds nothing back', async () => {
  const work = database.transact(async (tx) => {
    const [own] = await tx.query(ownPid)
    assert.ok(own)
    // Waits for what is expected, not for a time.
    for (const deadline = Date.now() + 30_000; ;) {
      const [row] = await other.query(lives, [own[0]])
      if (row?.[0] === 0) break
      assert.ok(Date.now() < deadline, 'the server kept it')
      await pause(20)
    }
    await tx.query(ownPid)
  })
  await assert.rejects(work, StoreUnavailable)
  assert.equal((await database.query(ownPid)).length, 1)
})
