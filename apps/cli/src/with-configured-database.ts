import { setTimeout } from 'node:timers/promises'
import type { Config } from '@posthouse/config'
import { migrate } from '@posthouse/store'
import { createLog, type Log } from '@posthouse/telemetry'
import { CliError } from './cli-error.ts'
import type { CommonOptions } from './command-options.ts'
import { configOf } from './config-of.ts'
import { DatabaseKeeper } from './up/database-keeper.ts'
import { databaseUrl } from './up/services.ts'
import { readStatus } from './up/state-file.ts'
import { claimDataDir } from './up/suite.ts'
import type { StorePlace } from './with-store.ts'

/** The database of a configuration: one of the operator's, that of a suite, or one started for this work. */
export async function withConfiguredDatabase<T>(
  options: CommonOptions,
  work: (place: StorePlace) => Promise<T>,
): Promise<T> {
  const config = configOf(options)
  if (config.database.kind === 'url') return migrateAndUse(config, databaseUrl(config), work)
  const url = await urlOfSuite(config)
  if (url !== undefined) return work(placeOf(config, url))
  const lock = await claimDataDir(config)
  const keeper = new DatabaseKeeper(config.dataDir, quietLog(config), () => undefined)
  try {
    return await migrateAndUse(config, await keeper.start(), work)
  } finally {
    await keeper.stop()
    await lock.release()
  }
}

async function migrateAndUse<T>(
  config: Config,
  url: string,
  work: (place: StorePlace) => Promise<T>,
): Promise<T> {
  await migrate(url, quietLog(config))
  return work(placeOf(config, url))
}

function placeOf(config: Config, database: string): StorePlace {
  return { database, unsafe: config.unsafeDatabase, secretKeyFile: config.secretKeyFile }
}

/** The suite's database; a suite that is just starting it is waited for. */
async function urlOfSuite({ dataDir }: Config): Promise<string | undefined> {
  const deadlineMs = performance.now() + 20_000
  while (performance.now() < deadlineMs) {
    const status = await readStatus(dataDir)
    if (status === undefined) return undefined
    if (status.databaseUrl !== null) return status.databaseUrl
    await setTimeout(100)
  }
  const hint = 'posthouse status'
  throw new CliError('unreachable', 'database.starting', 'The database is still starting', hint)
}

/** A command says what it has to say itself; the log is for what went wrong below it. */
function quietLog(config: Config): Log {
  return createLog({ ...config.log, level: 'error', format: 'text', app: 'cli' })
}
