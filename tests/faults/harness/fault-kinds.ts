import pg from 'pg'
import type { ProcessSuite } from '../../journeys/house/process-suite.ts'
import type { Dice } from './dice.ts'

/** Something that breaks, and mends again by itself or in `strike`. */
export interface FaultKind {
  readonly name: string
  /** Mail may be sent twice when this strikes between a remote host's 250 and its record (RFC 5321 §4.1.1.4). */
  readonly mayRepeat: boolean
  strike(suite: ProcessSuite, dice: Dice): Promise<void>
}

const apps = ['mx', 'submission', 'delivery', 'imap', 'pop3'] as const

const killed = apps.map((name): FaultKind => ({
  name: `kill ${name}`,
  mayRepeat: name === 'delivery',
  strike: (suite) => signalTo(suite, name, 'SIGKILL'),
}))

const databases: readonly FaultKind[] = [
  {
    name: 'kill postgres',
    mayRepeat: true,
    strike: (suite) => signalTo(suite, 'postgres', 'SIGKILL'),
  },
  {
    name: 'immediate shutdown',
    mayRepeat: true,
    strike: (suite) => signalTo(suite, 'postgres', 'SIGQUIT'),
  },
  {
    name: 'restart postgres',
    mayRepeat: true,
    strike: (suite) => signalTo(suite, 'postgres', 'SIGINT'),
  },
  { name: 'postgres hangs', mayRepeat: true, strike: hang },
  { name: 'connections terminated', mayRepeat: true, strike: terminateSome },
  { name: 'too many connections', mayRepeat: true, strike: takeAllConnections },
  { name: 'a table locked', mayRepeat: true, strike: lockTables },
]

const restarts: readonly FaultKind[] = [
  {
    name: 'drain and start',
    mayRepeat: true,
    strike: async (suite) => {
      suite.process.kill('SIGTERM')
      await suite.ended()
      await suite.up()
    },
  },
]

/** All that the harness can break, by name. */
export const faultKinds: readonly FaultKind[] = [...killed, ...databases, ...restarts]

/** Faults that were agreed on and have nothing to strike at yet. */
export const notBuilt: readonly string[] = ['certificates swapped', 'clock stepped', 'disk full']

async function signalTo(suite: ProcessSuite, name: string, signal: NodeJS.Signals): Promise<void> {
  const pid = await suite.pidOf(name)
  try {
    process.kill(pid, signal)
  } catch {
    // It has died of something else: that counts as well.
  }
}

/** Every process of the server stops, as on a machine whose disk does not answer, and goes on 8 seconds later. */
async function hang(suite: ProcessSuite): Promise<void> {
  const pid = await suite.pidOf('postgres')
  const url = (await suite.status())?.databaseUrl
  if (url === undefined || url === null) return
  const backends = await withDatabase(url, async (client) => {
    const { rows } = await client.query<{ pid: number }>('SELECT pid FROM pg_stat_activity')
    return rows.map((row) => row.pid)
  })
  const all = [pid, ...backends]
  for (const each of all) trySignal(each, 'SIGSTOP')
  await pause(8000)
  for (const each of all) trySignal(each, 'SIGCONT')
}

async function terminateSome(suite: ProcessSuite, dice: Dice): Promise<void> {
  const url = (await suite.status())?.databaseUrl
  if (url === undefined || url === null) return
  for (let n = 0; n < 5; n++) {
    await withDatabase(url, async (client) => {
      const { rows } = await client.query<{ pid: number }>(
        'SELECT pid FROM pg_stat_activity WHERE backend_type = $1 AND pid <> pg_backend_pid() ORDER BY pid',
        ['client backend'],
      )
      if (rows.length > 0)
        await client.query('SELECT pg_terminate_backend($1)', [dice.pick(rows).pid])
    })
    await pause(200)
  }
}

async function takeAllConnections(suite: ProcessSuite): Promise<void> {
  const url = (await suite.status())?.databaseUrl
  if (url === undefined || url === null) return
  const taken: pg.Client[] = []
  for (let n = 0; n < 500; n++) {
    const client = newClient(url)
    const isIn = await client.connect().then(
      () => true,
      () => false,
    )
    if (!isIn) break
    taken.push(client)
  }
  // What connects from now on is turned away: make the apps try.
  await terminateSome(suite, { pick: (list: readonly unknown[]) => list[0] } as Dice).catch(
    () => undefined,
  )
  await pause(3000)
  await Promise.all(taken.map((client) => client.end().catch(() => undefined)))
}

/** A statement that holds everybody up for a while. */
async function lockTables(suite: ProcessSuite): Promise<void> {
  const url = (await suite.status())?.databaseUrl
  if (url === undefined || url === null) return
  await withDatabase(url, async (client) => {
    await client.query('BEGIN')
    await client.query('LOCK TABLE mailbox_head IN ACCESS EXCLUSIVE MODE')
    await pause(4000)
    await client.query('COMMIT')
  })
}

async function withDatabase<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = newClient(url)
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end().catch(() => undefined)
  }
}

function newClient(url: string): pg.Client {
  const client = new pg.Client({ connectionString: url, application_name: 'faults' })
  client.on('error', () => undefined)
  return client
}

function trySignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // It ended in between.
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
