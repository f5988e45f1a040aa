import { setTimeout } from 'node:timers/promises'
import type { Config } from '@posthouse/config'
import { migrate, openStore, type Store } from '@posthouse/store'
import { createLog } from '@posthouse/telemetry'
import { CliError } from './cli-error.ts'
import { databaseUrl } from './up/services.ts'
import { DatabaseKeeper } from './up/database-keeper.ts'
import { readStatus } from './up/state-file.ts'
import { claimDataDir } from './up/suite.ts'

/**
 * Gives a command the store: that of the running suite, that of `DATABASE_URL`, or, while nothing runs, the
 * embedded Postgres, started for this command alone.
 */
export async function withStore<T>(config: Config, work: (store: Store) => Promise<T>): Promise<T> {
  if (config.database.kind === 'url') {
    const url = databaseUrl(config)
    await migrate(url, quietLog(config))
    return withUrl(config, url, work)
  }
  const running = await urlOfSuite(config)
  if (running !== undefined) return withUrl(config, running, work)
  const lock = await claimDataDir(config)
  const keeper = new DatabaseKeeper(config.dataDir, quietLog(config), () => undefined)
  try {
    const url = await keeper.start()
    await migrate(url, quietLog(config))
    return await withUrl(config, url, work)
  } finally {
    await keeper.stop()
    await lock.release()
  }
}

/** The suite's database; a suite that is just starting or restarting it is waited for. */
async function urlOfSuite({ dataDir }: Config): Promise<string | undefined> {
  const deadlineMs = performance.now() + 20_000
  while (performance.now() < deadlineMs) {
    const status = await readStatus(dataDir)
    if (status === undefined) return undefined
    if (status.databaseUrl !== null) return status.databaseUrl
    await setTimeout(100)
  }
  throw new CliError(
    'unreachable',
    'database.starting',
    'The database is still starting',
    'posthouse status',
  )
}

async function withUrl<T>(
  config: Config,
  url: string,
  work: (store: Store) => Promise<T>,
): Promise<T> {
  const log = quietLog(config)
  const store = await openStore({
    database: url,
    log,
    app: 'cli',
    unsafe: config.unsafeDatabase,
  })
  try {
    return await work(store)
  } finally {
    await store.close()
  }
}

/** A command says what it has to say itself; the log is for what went wrong below it. */
function quietLog(config: Config): ReturnType<typeof createLog> {
  return createLog({ ...config.log, level: 'error', format: 'text', app: 'cli' })
}
