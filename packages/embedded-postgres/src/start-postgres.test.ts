import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readFile, readdir, realpath, rm, stat } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, beforeEach, afterEach, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { silentLog, type Log } from '@posthouse/telemetry'
import { Client } from 'pg'
import { clusterProcesses } from './postmaster-file.ts'
import {
  findPostgres,
  startPostgres,
  type PostgresEvent,
  type RunningPostgres,
} from './start-postgres.ts'
import { AlreadyRunning } from './supervisor-lock.ts'

const run = promisify(execFile)
let root: string
let dataDir: string
let template: string
const started: RunningPostgres[] = []
const isLinux = process.platform === 'linux'
const isRoot = process.getuid?.() === 0

before(async () => {
  root = await mkdtemp(path.join(os.tmpdir(), 'pgt-'))
  await chmod(root, 0o711)
  // Made once, and copied for each test that does not look at the making.
  template = path.join(root, 'template')
  // What a killed initdb leaves.
  await mkdir(path.join(template, 'postgres/data.new/base'), { recursive: true })
  const server = await startPostgres({
    dataDir: template,
    log: silentLog,
    settings: { fsync: 'off' },
  })
  await server.stop()
})
after(() => rm(root, { recursive: true, force: true }))

let count = 0
beforeEach(() => {
  dataDir = path.join(root, `d${count++}`)
})
afterEach(async () => {
  for (const server of started.splice(0)) await server.stop()
  assert.deepEqual(await clusterProcesses(await dataFolder()), [])
})

async function start(folder = dataDir, log: Log = silentLog): Promise<RunningPostgres> {
  const server = await startPostgres({ dataDir: folder, log, settings: { fsync: 'off' } })
  started.push(server)
  return server
}

/** A data folder that was used before. */
async function used(folder = dataDir): Promise<void> {
  await mkdir(path.join(folder, 'postgres'), { recursive: true })
  await run('cp', ['-a', path.join(template, 'postgres/data'), path.join(folder, 'postgres')])
}

async function dataFolder(folder = dataDir): Promise<string> {
  return realpath(path.join(folder, 'postgres/data')).catch(() => path.join(folder, 'none'))
}

async function sql(url: string, text: string): Promise<readonly Record<string, unknown>[]> {
  const client = new Client({ connectionString: url })
  client.on('error', () => {})
  await client.connect()
  try {
    return (await client.query<Record<string, unknown>>(text)).rows
  } finally {
    await client.end()
  }
}

test('the first start makes a cluster as we need it, whatever it finds half made; the next one finds the data', async () => {
  assert.deepEqual((await readdir(path.join(template, 'postgres'))).toSorted(), ['data', 'run'])
  await used()
  const first = await start()
  const [made] = await sql(
    first.url,
    `SELECT pg_encoding_to_char(encoding) AS encoding, datcollate AS collate, datctype AS ctype, datlocprovider AS provider,
      datlocale AS locale, current_database() AS database, current_user AS user,
      current_setting('data_checksums') AS checksums, current_setting('listen_addresses') AS listen,
      lower('ПРИВЕТ') AS lower FROM pg_database WHERE datname = current_database()`,
  )
  assert.deepEqual(made, {
    encoding: 'UTF8',
    collate: 'C',
    ctype: 'C.UTF-8',
    provider: 'b',
    locale: 'C.UTF-8',
    database: 'posthouse',
    user: 'posthouse',
    checksums: 'on',
    listen: '',
    lower: 'привет',
  })
  await sql(first.url, 'CREATE TABLE kept AS SELECT 7 AS n')
  await first.stop()
  const second = await start()
  assert.deepEqual(await sql(second.url, 'SELECT n FROM kept'), [{ n: 7 }])
})

test('text search knows letters outside of ASCII', async () => {
  await used()
  const { url } = await start()
  await sql(url, 'CREATE EXTENSION pg_trgm')
  assert.notDeepEqual(await sql(url, `SELECT show_trgm('привет') AS t`), [{ t: [] }])
})

test(
  'only its owner reaches the server: a socket in a 0700 folder, no port',
  { skip: !isLinux },
  async () => {
    await used()
    const server = await start()
    for (const folder of [server.socketDir, await dataFolder(), path.join(dataDir, 'postgres')]) {
      assert.equal((await stat(folder)).mode & 0o777, 0o700, folder)
    }
    const owner = (await stat(server.socketDir)).uid
    assert.equal(owner, (await stat(`/proc/${server.pid}`)).uid)
    assert.equal(owner === 0, false)
    const listening = await readFile(`/proc/${server.pid}/net/tcp`, 'utf8')
    assert.ok(!listening.includes(':1538 '), 'port 5432')
  },
)

test('a path that is too long for a socket is no obstacle, and nothing of the way around it stays', async () => {
  const long = path.join(dataDir, 'x'.repeat(90))
  await used(long)
  const server = await start(long)
  assert.ok(server.socketDir.length < 100)
  assert.deepEqual(await sql(server.url, 'SELECT 1 AS n'), [{ n: 1 }])
  assert.equal(await findPostgres(long), server.url)
  await server.stop()
  await assert.rejects(stat(server.socketDir), { code: 'ENOENT' })
})

test('a folder with spaces and quotes in its name is one like any other', async () => {
  const odd = path.join(dataDir, `a "b" 'c', d`)
  await used(odd)
  const server = await start(odd)
  assert.deepEqual(await sql(server.url, 'SELECT 1 AS n'), [{ n: 1 }])
})

test(
  "below a home that is closed to the server's user, the server and its data get a place of their own",
  { skip: !isRoot },
  async () => {
    const home = path.join(dataDir, 'home')
    await mkdir(home, { recursive: true, mode: 0o700 })
    const server = await start(path.join(home, 'var'))
    assert.deepEqual(await sql(server.url, 'SELECT 1 AS n'), [{ n: 1 }])
    assert.notEqual(server.runsAs, 'root')
    const place = await realpath(path.join(home, 'var/postgres'))
    assert.equal(path.dirname(place), await realpath(os.tmpdir()))
    assert.equal((await stat(home)).mode & 0o777, 0o700)
    await server.stop()
    const again = await start(path.join(home, 'var'))
    assert.equal(await realpath(path.join(home, 'var/postgres')), place)
    await again.stop()
    await rm(place, { recursive: true })
  },
)

test("a server that dies is started again, and its supervisor's owner is told", async () => {
  await used()
  const server = await start()
  await sql(server.url, 'CREATE TABLE kept AS SELECT 7 AS n')
  const events: PostgresEvent[] = []
  const restarted = Promise.withResolvers<void>()
  server.onEvent((event) => {
    events.push(event)
    if (event.kind === 'restarted') restarted.resolve()
  })
  const { pid } = server
  process.kill(pid, 'SIGKILL')
  await restarted.promise
  assert.notEqual(server.pid, pid)
  assert.deepEqual(
    events.map(({ kind }) => kind),
    ['exited', 'restarted'],
  )
  assert.ok(events[0]?.kind === 'exited' && events[0].signal === 'SIGKILL' && events[0].pid === pid)
  assert.deepEqual(await sql(server.url, 'SELECT n FROM kept'), [{ n: 7 }])
})

test('a server that keeps dying is started again each time, and can be stopped in between', async () => {
  await used()
  const server = await start()
  for (let round = 0; round < 3; round++) {
    const restarted = Promise.withResolvers<void>()
    const forget = server.onEvent((event) => {
      if (event.kind === 'restarted') restarted.resolve()
    })
    process.kill(server.pid, 'SIGKILL')
    await restarted.promise
    forget()
  }
  process.kill(server.pid, 'SIGKILL')
  await server.stop()
  await server.stop()
})

test('one supervisor at a time', async () => {
  await used()
  const server = await start()
  await assert.rejects(start(), (error) => {
    assert.ok(error instanceof AlreadyRunning)
    assert.equal(error.pid, process.pid)
    return true
  })
  assert.deepEqual(await sql(server.url, 'SELECT 1 AS n'), [{ n: 1 }])
})

/** A supervisor in a process of its own, once its server is ready. */
async function elsewhere(): Promise<{ supervisor: number; pid: number; url: string }> {
  const fixture = fileURLToPath(new URL('supervised.fixture.ts', import.meta.url))
  const child = spawn(process.execPath, ['--conditions=@posthouse/source', fixture, dataDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  child.stdout.setEncoding('utf8').once('data', (text: string) => resolve(text))
  child.on('exit', () => reject(new Error('the supervisor ended')))
  const { pid, url }: { pid: number; url: string } = JSON.parse(await promise)
  assert.ok(child.pid)
  return { supervisor: child.pid, pid, url }
}

async function gone(pid: number): Promise<void> {
  for (;;) {
    try {
      process.kill(pid, 0)
    } catch {
      return
    }
    await sleep(10)
  }
}

test(
  'what a killed supervisor left behind is stopped, and the data is there',
  { skip: !isLinux },
  async () => {
    await used()
    const first = await elsewhere()
    await sql(first.url, 'CREATE TABLE kept AS SELECT 7 AS n')
    assert.equal(await findPostgres(dataDir), first.url)
    process.kill(first.supervisor, 'SIGKILL')
    await gone(first.supervisor)
    assert.deepEqual(await sql(first.url, 'SELECT n FROM kept'), [{ n: 7 }])
    const second = await start()
    await gone(first.pid)
    assert.notEqual(second.pid, first.pid)
    assert.deepEqual(await sql(second.url, 'SELECT n FROM kept'), [{ n: 7 }])
  },
)

test(
  'a leftover that is stopped in its tracks is ended all the same',
  { skip: !isLinux },
  async () => {
    await used()
    const first = await elsewhere()
    process.kill(first.supervisor, 'SIGKILL')
    for (const pid of await clusterProcesses(await dataFolder())) process.kill(pid, 'SIGSTOP')
    await gone(first.supervisor)
    const second = await start()
    assert.deepEqual(await sql(second.url, 'SELECT 1 AS n'), [{ n: 1 }])
  },
)

test(
  "a postmaster.pid that names a stranger's process is no obstacle, and the stranger lives",
  { skip: !isLinux },
  async () => {
    await used()
    const first = await start()
    await first.stop()
    const { writeFile, chown } = await import('node:fs/promises')
    const file = path.join(await dataFolder(), 'postmaster.pid')
    await writeFile(file, `${process.pid}\n${await dataFolder()}\n1\n5432\n/nowhere\n\n\n`)
    const owner = await stat(await dataFolder())
    await chown(file, owner.uid, owner.gid)
    const second = await start()
    assert.deepEqual(await sql(second.url, 'SELECT 1 AS n'), [{ n: 1 }])
  },
)

test('data of another Postgres is refused in words and left alone', async () => {
  await used()
  const first = await start()
  await first.stop()
  const { writeFile } = await import('node:fs/promises')
  await writeFile(path.join(await dataFolder(), 'PG_VERSION'), '14\n')
  await assert.rejects(start(), /made by Postgres 14, and this Posthouse brings Postgres 18/)
})

test('a start that is given up leaves nothing', async () => {
  await used()
  const stop = new AbortController()
  const log: Log = { ...silentLog, debug: () => stop.abort() }
  const options = { dataDir, log, settings: { fsync: 'off' }, signal: stop.signal }
  await assert.rejects(startPostgres(options), { name: 'AbortError' })
  const server = await start()
  assert.deepEqual(await sql(server.url, 'SELECT 1 AS n'), [{ n: 1 }])
})

test('a setting that Postgres refuses is an error that says so, and leaves nothing', async () => {
  await used()
  const said: string[] = []
  const say = (_: string, fields?: Readonly<Record<string, unknown>>): void =>
    void said.push(JSON.stringify(fields))
  const log: Log = { ...silentLog, error: say, warn: say }
  await assert.rejects(
    startPostgres({ dataDir, log, settings: { shared_buffers: 'nonsense' } }),
    /does not start/,
  )
  assert.ok(
    said.some((line) => line.includes('shared_buffers')),
    said.join('\n'),
  )
})

test('stopping ends every session and leaves no process', { skip: !isLinux }, async () => {
  await used()
  const server = await start()
  const client = new Client({ connectionString: server.url })
  client.on('error', () => {})
  await client.connect()
  const busy = client.query('SELECT pg_sleep(600)').then(
    () => 'slept',
    (error: unknown) => String(error),
  )
  await server.stop()
  assert.match(await busy, /terminat/)
  assert.equal(await findPostgres(dataDir), undefined)
})
