import { existsSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { appNames, type AppName, type OpenPort } from '@posthouse/app'
import { processEnvironment, environmentVariable, type Config } from '@posthouse/config'
import { migrate } from '@posthouse/store'
import type { Log } from '@posthouse/telemetry'
import { CliError } from '../cli-error.ts'
import { exitCodes } from '../exit-codes.ts'
import { announce } from './announce.ts'
import { StartFailed } from './app-process.ts'
import { appNamed } from './app-list.ts'
import { firstLoginPath, prepareFirstStart, type FirstLogin } from './first-start.ts'
import { logOf, openServices, readTls } from './services.ts'
import { stopSignal } from './stop-signal.ts'
import { claimDataDir, Suite } from './suite.ts'
import { startTogether, type TogetherSuite } from './together.ts'

/** What `up` was asked for. */
export interface UpOptions {
  readonly apps: readonly string[]
  readonly together: boolean
  readonly noColour: boolean
  /** `--config`, handed on to the apps. */
  readonly configFile: string | undefined
}

/**
 * `posthouse up`: database, migrations, certificate, first login, apps; then watches over them until it is told
 * to stop.
 * @returns the exit code
 */
export async function up(config: Config, options: UpOptions): Promise<number> {
  const begun = performance.now()
  const names = chosenApps(options.apps)
  const log = logOf(withFormat(config), 'up')
  const lock = await claimDataDir(config)
  const stop = stopSignal(log)
  const suite = new Suite(config, log)
  let together: TogetherSuite | undefined
  try {
    const ready = await prepare(suite, config, log)
    const listeners = options.together
      ? (together = await startTogether(ready.config, names)).listeners
      : await startProcesses(suite, ready.config, names, options, log)
    if (stop.reason === undefined) {
      process.stdout.write(`${announcement(config, ready, listeners, begun, options)}\n`)
      await suite.settled()
      await stop.asked
    }
    return exitCodes.done
  } catch (error) {
    if (error instanceof StartFailed) throw new CliError('failed', 'up.app_failed', error.message)
    throw error
  } finally {
    const limitMs = stop.isUrgent ? 0 : undefined
    stop.onUrgent(() => void suite.stop(0))
    await together?.drain()
    await suite.stop(limitMs)
    await lock.release()
    log.info('up.stopped', { because: stop.reason ?? 'failure' })
  }
}

function chosenApps(words: readonly string[]): readonly AppName[] {
  if (words.length === 0) return appNames
  return words.map((word) => {
    const name = appNamed(word)
    if (name !== undefined) return name
    throw new CliError(
      'usage',
      'up.unknown_app',
      `There is no app "${word}"`,
      `apps: ${appNames.join(', ')}`,
    )
  })
}

interface Ready {
  /** The configuration with the database's address in it. */
  readonly config: Config
  readonly firstLogin: FirstLogin | undefined
  readonly hasAccounts: boolean
}

async function prepare(suite: Suite, config: Config, log: Log): Promise<Ready> {
  await readTls(config)
  const url = await suite.startDatabase()
  await migrate(url, log)
  const opened: Config = { ...config, database: { kind: 'url', url: new Secret(url) } }
  const { store } = await openServices(opened, 'up')
  try {
    const firstLogin = await prepareFirstStart(store, config.dataDir)
    const accounts = await store.accounts.list()
    return { config: opened, firstLogin, hasAccounts: accounts.length > 0 }
  } finally {
    await store.close()
  }
}
