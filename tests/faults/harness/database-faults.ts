import pg from 'pg'
import type { ProcessSuite } from '../../journeys/house/process-suite.ts'
import { descendantsOf } from '../process-tree.ts'
import type { Dice } from './dice.ts'
import { pause, trySignal, type FaultKind, type Scene } from './scene.ts'
import { whyNoDisk } from './small-disk.ts'

/** The database dies, hangs, refuses, or has no room. */
export const databaseFaults: readonly FaultKind[] = [
  ...(
    [
      ['kill postgres', 'SIGKILL'],
      ['immediate shutdown', 'SIGQUIT'],
      ['restart postgres', 'SIGINT'],
    ] as const
  ).map(([name, signal]): FaultKind => ({
    name,
    mayRepeat: true,
    strike: async ({ suite }) => {
      trySignal(await suite.pidOf('postgres'), signal)
      return true
    },
  })),
  { name: 'postgres hangs', mayRepeat: true, strike: hang },
  { name: 'connections terminated', mayRepeat: true, strike: terminateSome },
  { name: 'too many connections', mayRepeat: true, strike: takeAllConnections },
  { name: 'a table locked', mayRepeat: true, strike: lockTables },
  { name: 'disk full', mayRepeat: true, whyNot: whyNoDisk, strike: fillDisk },
]

/** For as long as a few commands take; Postgres may give up over it and recover when there is room. */
async function fillDisk({ disk }: Scene): Promise<boolean> {
  await disk?.fillFor(5000)
  return disk !== undefined
}

/** Every process of the server stops, as on a machine whose disk does not answer, and goes on 8 seconds later. */
async function hang({ suite }: Scene): Promise<boolean> {
  const pid = await suite.pidOf('postgres')
  trySignal(pid, 'SIGSTOP')
  const all = [pid, ...(await descendantsOf(pid))]
  for (const each of all) trySignal(each, 'SIGSTOP')
  await pause(8000)
  for (const each of all) trySignal(each, 'SIGCONT')
  return true
}

async function terminateSome({ suite, dice }: Scene): Promise<boolean> {
  let struck = 0
  for (let n = 0; n < 5; n++) {
    await withDatabase(suite, (client) => terminateOne(client, dice))
      .then((isDone) => (struck += isDone ? 1 : 0))
      .catch(() => undefined)
    await pause(200)
  }
  return struck > 0
}

async function terminateOne(client: pg.Client, dice: Dice): Promise<boolean> {
  const { rows } = await client.query<{ pid: number }>(
    'SELECT pid FROM pg_stat_activity WHERE backend_type = $1 AND pid <> pg_backend_pid() ORDER BY pid',
    ['client backend'],
  )
  if (rows.length === 0) return false
  await client.query('SELECT pg_terminate_backend($1)', [dice.pick(rows).pid])
  return true
}

/** What connects from now on is turned away, and some must. */
async function takeAllConnections(scene: Scene): Promise<boolean> {
  const url = await urlOf(scene.suite)
  if (url === undefined) return false
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
  const [first] = taken
  if (first !== undefined)
    for (let n = 0; n < 5; n++) await terminateOne(first, scene.dice).catch(() => undefined)
  await pause(3000)
  await Promise.all(taken.map((client) => client.end().catch(() => undefined)))
  return taken.length > 0
}

/** A statement that holds everybody up for a while. */
async function lockTables({ suite }: Scene): Promise<boolean> {
  return (await withDatabase(suite, lock).catch(() => false)) ?? false
}

async function lock(client: pg.Client): Promise<boolean> {
  await client.query('BEGIN')
  await client.query('LOCK TABLE mailbox_head IN ACCESS EXCLUSIVE MODE')
  await pause(4000)
  await client.query('COMMIT')
  return true
}

/** On a connection of its own. @returns undefined when there is no database just now */
async function withDatabase<T>(
  suite: ProcessSuite,
  work: (client: pg.Client) => Promise<T>,
): Promise<T | undefined> {
  const url = await urlOf(suite)
  if (url === undefined) return undefined
  const client = newClient(url)
  try {
    await client.connect()
    return await work(client)
  } finally {
    await client.end().catch(() => undefined)
  }
}

async function urlOf(suite: ProcessSuite): Promise<string | undefined> {
  return (await suite.status())?.databaseUrl ?? undefined
}

function newClient(url: string): pg.Client {
  const client = new pg.Client({ connectionString: url, application_name: 'faults' })
  client.on('error', () => undefined)
  return client
}
