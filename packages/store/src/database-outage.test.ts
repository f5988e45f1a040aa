import assert from 'node:assert/strict'
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Secret } from '@posthouse/config'
import { computeFacts } from '@posthouse/message'
import { startTestCluster, type TestCluster } from '@posthouse/testkit'
import { Client } from 'pg'
import { Database } from './database.ts'
import type { HungLimits } from './hung-watch.ts'
import { migrate } from './migrate.ts'
import { openStore } from './open-store.ts'
import { statement, tupleStatement, unnamed } from './statement.ts'
import type { Store } from './store.ts'
import { UnsuitableDatabase } from './server-check.ts'
import { actor } from './testing/store-house.ts'
import { StoreUnavailable } from './unavailable.ts'
import { newUuid, uuidToBase32 } from './uuid-v7.ts'

// These break a whole server, so they have one of their own.
let folder: string
let cluster: TestCluster

before(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'posthouse-outage-'))
  await chmod(folder, 0o711)
  cluster = await startTestCluster(folder)
  await migrate(cluster.url)
  const client = new Client({ connectionString: cluster.url })
  await client.connect()
  await client.query('CREATE TABLE note (id int PRIMARY KEY)')
  await client.end()
})
after(async () => {
  await Promise.all(opened.map((each) => each.close()))
  await cluster.stop()
  await rm(folder, { recursive: true, force: true })
})

const opened: { close(): Promise<void> }[] = []

/** A process's connections; closed at the end, even where their test fails. */
function connect(hung?: HungLimits): Database {
  const database = new Database({ url: cluster.url, app: 'test', ...(hung && { hung }) })
  opened.push(database)
  return database
}

async function openUnsafe(): Promise<Store> {
  const store = await openStore({ database: cluster.url, app: 'test', unsafe: true })
  opened.push(store)
  return store
}

const insert = statement('test_insert', 'INSERT INTO note VALUES ($1)')
const pid = tupleStatement<readonly [number]>('test_pid', 'SELECT pg_backend_pid()')
const quick = { tickMs: 50, suspectAfterTicks: 4, hungAfterTicks: 20 }
const isLinux = process.platform === 'linux'

function isUnavailable(error: unknown): boolean {
  assert.ok(error instanceof StoreUnavailable, String(error))
  return true
}

function isBusy(error: unknown): boolean {
  return error instanceof StoreUnavailable && error.reason === 'busy'
}

/** The postmaster and everything it has started. */
async function serverProcesses(): Promise<readonly number[]> {
  const file = await readFile(path.join(folder, 'postgres/data/postmaster.pid'), 'utf8')
  const postmaster = Number.parseInt(file, 10)
  const children = await readFile(`/proc/${postmaster}/task/${postmaster}/children`, 'utf8')
  return [postmaster, ...children.trim().split(' ').filter(Boolean).map(Number)]
}

async function signal(name: NodeJS.Signals): Promise<void> {
  for (const each of await serverProcesses()) process.kill(each, name)
}

/** Calls until it succeeds; every failure before that must be StoreUnavailable. */
async function eventually<T>(call: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await call()
    } catch (error) {
      isUnavailable(error)
      await sleep(50)
    }
  }
}

async function restart(): Promise<void> {
  await cluster.stop()
  cluster = await startTestCluster(folder)
}

async function sql(text: string): Promise<void> {
  const client = new Client({ connectionString: cluster.url })
  await client.connect()
  await client.query(text)
  await client.end()
}

test('a server whose settings void durability is refused, and each of them is named', async () => {
  await assert.rejects(openStore({ database: cluster.url, app: 'test' }), (error) => {
    assert.ok(error instanceof UnsuitableDatabase)
    assert.match(error.message, /fsync = off, full_page_writes = off, synchronous_commit = off/)
    assert.match(error.message, /POSTHOUSE_UNSAFE_DB=1/)
    return true
  })
  const store = await openUnsafe()
  await store.close()
})

test('a setting of the role or the database alone is found too', async () => {
  const { checkServer } = await import('./server-check.ts')
  const safe = {
    version: 150_004,
    encoding: 'UTF8',
    fsync: 'on',
    full_page_writes: 'on',
    synchronous_commit: 'on',
  }
  checkServer(safe, false)
  checkServer({ ...safe, synchronous_commit: 'remote_apply' }, false)
  assert.throws(
    () => checkServer({ ...safe, synchronous_commit: 'off' }, false),
    /synchronous_commit = off/,
  )
  assert.throws(() => checkServer({ ...safe, version: 140_011 }, true), /too old/)
  assert.throws(() => checkServer({ ...safe, encoding: 'SQL_ASCII' }, true), /SQL_ASCII/)
  const database = connect()
  const setting = unnamed<{ readonly value: string }>(
    `SELECT current_setting('synchronous_commit') AS value`,
  )
  await sql('ALTER ROLE posthouse SET synchronous_commit = local')
  assert.deepEqual(await database.query(setting), [{ value: 'local' }])
  await sql('ALTER ROLE posthouse RESET synchronous_commit')
})

test('a stopped server is StoreUnavailable for everything, and a restarted one is used again by the same store', async () => {
  const store = await openUnsafe()
  await store.domains.create('example.test', actor)
  const made = await store.accounts.create(
    { address: 'ada@example.test', password: new Secret('analytical') },
    actor,
  )
  assert.ok(made.ok)
  const changes = store.onAccountChange(() => {})
  const context = { protocol: 'imap', address: '192.0.2.1' } as const
  const login = () =>
    store.accounts.authenticate('ada@example.test', new Secret('analytical'), context)
  assert.ok((await login()).ok)
  await cluster.stop()
  await assert.rejects(login(), isUnavailable)
  await assert.rejects(store.resolve('ada@example.test'), isUnavailable)
  await assert.rejects(deliver(store, made.account.id), isUnavailable)
  await assert.rejects(store.queue.status(), isUnavailable)
  await assert.rejects(store.queue.contents([uuidToBase32(newUuid())]), isUnavailable)
  await assert.rejects(store.mailboxes(made.account.id).list(), isUnavailable)
  assert.equal(await store.isReady(), false)
  await assert.rejects(openUnsafe(), isUnavailable)
  cluster = await startTestCluster(folder)
  assert.ok((await eventually(login)).ok)
  assert.equal((await eventually(() => deliver(store, made.account.id))).copies.length, 1)
  assert.equal(await store.isReady(), true)
  changes()
  await store.close()
})

function deliver(store: Store, account: Parameters<Store['mailboxes']>[0]) {
  const octets = Buffer.from('Subject: x\r\n\r\nx\r\n')
  return store.deliver({
    octets,
    facts: computeFacts(octets),
    receivedAt: new Date(),
    queueId: uuidToBase32(newUuid()),
    recipients: [{ account, mailbox: 'INBOX', prefix: Buffer.alloc(0), flags: [] }],
  })
}

test(
  'a killed server loses nothing that was committed, and its clients recover',
  { skip: !isLinux },
  async () => {
    // Without fsync a machine could lose data that dies, not one whose processes do; without this they would.
    await sql('ALTER ROLE posthouse SET synchronous_commit = on')
    const database = connect()
    const acknowledged = new Set<number>()
    let next = 1_000
    const over = new AbortController()
    const writer = async (): Promise<void> => {
      while (!over.signal.aborted) {
        const id = next++
        try {
          await database.transact(async (tx) => {
            await tx.execute(insert, [id])
          })
          acknowledged.add(id)
        } catch (error) {
          isUnavailable(error)
          await sleep(10)
        }
      }
    }
    const writers = Array.from({ length: 4 }, writer)
    while (acknowledged.size < 50) await sleep(5)
    const [postmaster] = await serverProcesses()
    assert.ok(postmaster)
    process.kill(postmaster, 'SIGKILL')
    const known = acknowledged.size
    while (acknowledged.size < known + 50) await sleep(20)
    over.abort()
    await Promise.all(writers)
    const notes = unnamed<readonly [number]>('SELECT id FROM note WHERE id >= 1000', 'array')
    // Server processes outlive their postmaster for a moment: the fifty may be theirs, and nobody there again yet.
    const rows = await eventually(() => database.query(notes))
    const there = new Set(rows.map(([id]) => id))
    assert.deepEqual(
      [...acknowledged].filter((id) => !there.has(id)),
      [],
    )
  },
)

test(
  'a server that is stopped in its tracks is noticed within seconds, and used again when it goes on',
  { skip: !isLinux },
  async () => {
    const database = connect(quick)
    await eventually(() => database.query(pid))
    await eventually(() => database.read(pid))
    await eventually(() => database.notifier.ready())
    await signal('SIGSTOP')
    try {
      const calls = [
        database.query(pid),
        database.read(pid),
        database.transact((tx) => tx.query(pid)),
        database.bulk((client) => client.query('SELECT 1')),
        database.execute(insert, [1]),
      ]
      for (const result of await Promise.allSettled(calls)) {
        assert.ok(result.status === 'rejected' && result.reason instanceof StoreUnavailable)
        assert.equal(result.reason.reason, 'hung')
      }
      // From now on nobody waits at all.
      await assert.rejects(database.query(pid), isUnavailable)
      await assert.rejects(database.read(pid), isUnavailable)
    } finally {
      await signal('SIGCONT')
    }
    assert.equal((await eventually(() => database.query(pid))).length, 1)
    assert.equal((await eventually(() => database.read(pid))).length, 1)
  },
)

test(
  'a process that hangs on a dead server can still close its store',
  { skip: !isLinux },
  async () => {
    const database = connect()
    await Promise.all([database.query(pid), database.read(pid), database.notifier.ready()])
    await signal('SIGSTOP')
    try {
      const waiting = database.query(pid)
      const settled = waiting.then(
        () => 'answered',
        () => 'failed',
      )
      await database.close()
      assert.equal(await settled, 'failed')
    } finally {
      await signal('SIGCONT')
    }
  },
)

test('a server without a free connection is busy, not broken', async () => {
  await sql('ALTER SYSTEM SET max_connections = 12')
  await restart()
  const clients: Client[] = []
  try {
    for (;;) {
      const client = new Client({ connectionString: cluster.url })
      client.on('error', () => {})
      await client.connect()
      clients.push(client)
    }
  } catch {
    // All are taken.
  }
  const database = connect()
  await assert.rejects(database.query(pid), isBusy)
  await assert.rejects(database.read(pid), isBusy)
  await assert.rejects(openUnsafe(), isBusy)
  await Promise.all(clients.map((client) => client.end()))
  assert.equal((await eventually(() => database.query(pid))).length, 1)
  await sql('ALTER SYSTEM RESET max_connections')
  await restart()
})

test('a server that takes no writes (a standby after a failover) is away, not wrong', async () => {
  const database = connect()
  await sql('ALTER ROLE posthouse SET default_transaction_read_only = on')
  await assert.rejects(database.execute(insert, [2]), (error) => {
    return (
      error instanceof StoreUnavailable && error.reason === 'shutdown' && error.outcome === 'none'
    )
  })
  const client = new Client({
    connectionString: cluster.url,
    options: '-c default_transaction_read_only=off',
  })
  await client.connect()
  await client.query('ALTER ROLE posthouse RESET default_transaction_read_only')
  await client.end()
})

test('a commit that is answered while the server ends its sessions is a success', async () => {
  const database = connect()
  // Said in COMMIT, as a server does that stops at once or has crashed elsewhere.
  await sql(`CREATE TABLE farewell (code text);
    CREATE FUNCTION say_farewell() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      RAISE WARNING 'terminating connection' USING ERRCODE = NEW.code; RETURN NULL; END $$;
    CREATE CONSTRAINT TRIGGER farewell AFTER INSERT ON farewell DEFERRABLE INITIALLY DEFERRED
      FOR EACH ROW EXECUTE FUNCTION say_farewell()`)
  for (const code of ['57P01', '57P02']) {
    const insertCode = tupleStatement('test_farewell', 'INSERT INTO farewell VALUES ($1)')
    await database.transact((tx) => tx.execute(insertCode, [code]))
  }
})

test('a commit that was not replicated is no success', async () => {
  await sql(`ALTER SYSTEM SET synchronous_standby_names = 'nobody'`)
  await sql('SELECT pg_reload_conf()')
  const database = connect()
  const victim = tupleStatement<readonly [number]>(
    'test_waiting',
    `SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep'`,
  )
  try {
    await database.query(unnamed('SET synchronous_commit = on'))
    const commit = database.transact(async (tx) => {
      await tx.query(unnamed('SET LOCAL synchronous_commit = on'))
      await tx.execute(insert, [3])
    })
    const judged = assert.rejects(commit, (error) => {
      assert.ok(error instanceof StoreUnavailable, String(error))
      assert.deepEqual([error.reason, error.outcome], ['replication', 'unknown'])
      return true
    })
    let waiting: readonly (readonly [number])[] = []
    while (waiting.length === 0) waiting = await database.query(victim)
    await database.query(tupleStatement('test_cancel', 'SELECT pg_cancel_backend($1)'), [
      waiting[0]?.[0],
    ])
    await judged
  } finally {
    await sql('ALTER SYSTEM RESET synchronous_standby_names')
    await sql('SELECT pg_reload_conf()')
  }
})
