import { existsSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { appNames, type AppName, type OpenPort } from '@posthouse/app'
import { environmentVariable, processEnvironment, Secret, type Config } from '@posthouse/config'
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
export async function up(given: Config, options: UpOptions): Promise<number> {
  const config = withFormat(given)
  const begun = performance.now()
  const names = chosenApps(options.apps)
  const log = logOf(config, 'up')
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
    const hasAccounts = (await store.accounts.count()) > 0
    return { config: opened, firstLogin, hasAccounts }
  } finally {
    await store.close()
  }
}

const mainFile = fileURLToPath(new URL('../main.js', import.meta.url))

/** Apps get the database's address by their environment: it may hold a password, which argv would show to all. */
async function startProcesses(
  suite: Suite,
  config: Config,
  names: readonly AppName[],
  options: UpOptions,
  log: Log,
): Promise<readonly OpenPort[]> {
  const { log: logging, database } = config
  const env = {
    ...processEnvironment(),
    ...(database.kind === 'url' ? { DATABASE_URL: database.url.reveal() } : {}),
    POSTHOUSE_LOG_FORMAT: logging.format,
  }
  const rest = options.configFile === undefined ? [] : ['--config', options.configFile]
  return suite.startApps(names, { env, log }, (name) => [mainFile, 'run-app', name, ...rest])
}

/** A person at a terminal reads text, unless told otherwise. */
function withFormat(config: Config): Config {
  const isChosen = environmentVariable('POSTHOUSE_LOG_FORMAT') !== undefined
  if (isChosen || process.stderr.isTTY !== true) return config
  return { ...config, log: { ...config.log, format: 'text' } }
}

function announcement(
  config: Config,
  { firstLogin, hasAccounts }: Ready,
  listeners: readonly OpenPort[],
  begun: number,
  { noColour }: UpOptions,
): string {
  const loginFile = firstLoginPath(config.dataDir)
  return announce({
    seconds: (performance.now() - begun) / 1000,
    listeners,
    dataDir: config.dataDir,
    caFile: config.tls === 'local-ca' ? path.join(config.dataDir, 'ca.pem') : undefined,
    firstLogin,
    firstLoginFile: existsSync(loginFile) ? loginFile : undefined,
    hasAccounts,
    noColour,
  })
}
