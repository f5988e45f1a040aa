import assert from 'node:assert/strict'
import { appendFile, chmod, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { startPostgres, type RunningPostgres } from '@posthouse/embedded-postgres'
import { silentLog } from '@posthouse/telemetry'
import { Database } from './database.ts'
import type { AccountId } from './ids.ts'
import { migrate } from './migrate.ts'
import { statement, tupleStatement } from './statement.ts'
import {
  closeHousehold,
  deliveryTo,
  messageNamed,
  newAccount,
  openByName,
  openHousehold,
} from './testing/mailbox-house.ts'
import { StoreUnavailable } from './unavailable.ts'

const nextStatement = tupleStatement<readonly [number]>(
  'test_next_uid',
  `SELECT uid_next FROM mailbox_head h JOIN mailbox m USING (account_id, mailbox_id)
  WHERE h.account_id = $1::uuid AND m.name = 'INBOX'`,
)

// A cluster of its own, because it is made to begin a new timeline as a promoted standby does.
let folder: string
let server: RunningPostgres
let account: AccountId
before(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'lineage-'))
  await chmod(folder, 0o711)
  server = await start()
  await migrate(server.url, silentLog)
  const database = new Database({ url: server.url, app: 'test' })
  account = await newAccount(database)
  await database.close()
})
after(async () => {
  await server.stop()
  await rm(folder, { recursive: true, force: true })
})

function start(): Promise<RunningPostgres> {
  const settings = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }
  return startPostgres({ dataDir: folder, log: silentLog, settings })
}

/** Recovers from an archive that is empty, and goes on by itself: the end of every recovery is a new timeline. */
async function promote(): Promise<void> {
  await server.stop()
  const cluster = await clusterFolder()
  await appendFile(path.join(cluster, 'postgresql.auto.conf'), "restore_command = 'false'\n")
  await writeFile(path.join(cluster, 'recovery.signal'), '')
  server = await start()
  await untilPromoted()
}

/** A standby takes connections before it can write. */
async function untilPromoted(): Promise<void> {
  const end = Date.now() + 60_000
  const database = new Database({ url: server.url, app: 'test' })
  for (;;) {
    try {
      await database.query(nextStatement, [account])
      break
    } catch (error) {
      if (!(error instanceof StoreUnavailable) || Date.now() > end) throw error
      await sleep(50)
    }
  }
  await database.close()
}

async function clusterFolder(): Promise<string> {
  const found = await readdir(folder, { recursive: true })
  const file = found.find((name) => path.basename(name) === 'PG_VERSION' && !name.includes('base'))
  assert.ok(file, 'no cluster in the data folder')
  return path.join(folder, path.dirname(file))
}

/** The UIDs that one message after another gets from a process that is opened for them. */
async function deliver(names: readonly string[]): Promise<readonly number[]> {
  const household = openHousehold(server.url)
  try {
    for (const name of names) await household.store.deliver(deliveryTo(account, messageNamed(name)))
    const inbox = await openByName(household.store, account, 'INBOX', true)
    await inbox.refresh()
    const { state } = inbox
    const uids = Array.from({ length: state.size }, (_, at) => Number(state.uidAt(at)))
    inbox.close()
    assert.deepEqual(await household.store.check(), [])
    return uids
  } finally {
    await closeHousehold(household)
  }
}

test('on another timeline the next UIDs jump, once; on the same one they follow', async () => {
  assert.deepEqual(await deliver(['one', 'two']), [1, 2])
  await server.stop()
  server = await start()
  assert.deepEqual(await deliver(['three']), [1, 2, 3], 'a restart is no failover')
  await promote()
  assert.deepEqual(await deliver(['four']), [1, 2, 3, 10_004])
  assert.deepEqual(await deliver(['five']), [1, 2, 3, 10_004, 10_005])
})

const forgeStatement = statement(
  'test_forge_lineage',
  `UPDATE lineage SET name = '1234567890/00000001'`,
)
test('on another cluster, as after a restored dump, one of many processes makes the UIDs jump', async () => {
  const database = new Database({ url: server.url, app: 'test' })
  const [earlier] = await database.query(nextStatement, [account])
  await database.execute(forgeStatement)
  await database.close()
  const others = Array.from({ length: 4 }, () => new Database({ url: server.url, app: 'test' }))
  const seen = await Promise.all(others.map((each) => each.query(nextStatement, [account])))
  assert.deepEqual(
    seen.map(([row]) => row?.[0]),
    others.map(() => (earlier?.[0] ?? 0) + 10_000),
  )
  await Promise.all(others.map((each) => each.close()))
})
