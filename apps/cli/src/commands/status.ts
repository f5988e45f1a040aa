import type { Store } from '@posthouse/store'
import { CliError } from '../cli-error.ts'
import { terminalOf, type CommonOptions } from '../command-options.ts'
import { exitCodes } from '../exit-codes.ts'
import { runningSuite } from '../running-suite.ts'
import { factsOf } from '../status/facts.ts'
import { fieldsOf, isHealthy, statusKind } from '../status/fields.ts'
import { wordsOf } from '../status/words.ts'
import { readStatus, type SuiteStatus } from '../up/state-file.ts'
import { useStore, withStoreIfThere } from '../with-store.ts'
import { daneState } from './dane-state.ts'

/** `posthouse status`. Exit code 3 when something that should run does not, 7 when nothing runs. */
export async function showStatus(
  options: CommonOptions & { readonly watch?: boolean | undefined },
): Promise<void> {
  if (options.watch === true) return (await import('./status-watch.ts')).watchStatus(options)
  const terminal = terminalOf(options)
  const { suite, dataDir } = await findSuite(options)
  if (suite === undefined) throw notRunning(dataDir)
  const dane = daneState(options)
  const facts = await withStoreOf(suite, options, async (store) =>
    factsOf(suite, store, await dane, options),
  )
  terminal.object(statusKind, { id: String(suite.pid), fields: fieldsOf(facts) })
  if (terminal.isTalking) {
    const { lines, next } = wordsOf(facts)
    terminal.data(lines.join('\n'))
    terminal.next(...next)
  }
  if (!isHealthy(facts)) process.exitCode = exitCodes.checkFailed
}

/** The suite that runs on the data folder of these options, if one does. */
export async function findSuite(
  options: CommonOptions,
): Promise<{ readonly suite: SuiteStatus | undefined; readonly dataDir: string }> {
  const running = await runningSuite(options)
  if (running !== undefined) return { suite: running, dataDir: running.dataDir }
  const { configOf } = await import('../config-of.ts')
  const { dataDir } = configOf(options)
  return { suite: await readStatus(dataDir), dataDir }
}

/** The store of a suite, or nothing where the database is away, or is not there yet: nobody else is to start it. */
export async function withStoreOf<T>(
  { database: { kind }, databaseUrl, isDatabaseUnsafe: unsafe, secretKeyFile }: SuiteStatus,
  options: CommonOptions,
  work: (store: Store | undefined) => Promise<T>,
): Promise<T> {
  if (kind === 'url') return withStoreIfThere(options, work)
  if (databaseUrl === null) return work(undefined)
  try {
    return await useStore({ database: databaseUrl, unsafe, secretKeyFile }, work)
  } catch (error) {
    if (error instanceof Error && error.name === 'StoreUnavailable') return work(undefined)
    throw error
  }
}

function notRunning(dataDir: string): CliError {
  return new CliError(
    'unreachable',
    'status.not_running',
    `Posthouse is not running on ${dataDir}`,
    'start it with: posthouse up   (or: npm start)',
  )
}
