import { existsSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { appNames, type AppName, type OpenPort } from '@posthouse/app'
import { webUrlOf } from '@posthouse/client-setup'
import { environmentVariable, processEnvironment, Secret, type Config } from '@posthouse/config'
import { migrate } from '@posthouse/store'
import type { Log } from '@posthouse/telemetry'
import { CliError } from '../cli-error.ts'
import { exitCodes } from '../exit-codes.ts'
import { announce, type Announcement } from './announce.ts'
import { StartFailed } from './app-process.ts'
import { appNamed } from './app-list.ts'
import { firstLoginPath, prepareFirstStart, type FirstLogin } from './first-start.ts'
import { logOf, openServices, readTls } from './services.ts'
import { stopSignal } from './stop-signal.ts'
import { claimDataDir, Suite } from './suite.ts'

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
  const names = chosenApps(options.apps)
  const config = withFormat(given)
  const log = logOf(config, 'up')
  const lock = await claimDataDir(config)
  // Whoever reads along may leave; the suite stays.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)
  const stop = stopSignal(log)
  const suite = new Suite(config, log)
  await suite.openControl()
  const starting = startAll(suite, config, names, options, stop.signal, log)
  // Told to stop while it starts: what it says then is no failure.
  starting.catch(() => undefined)
  try {
    await Promise.race([starting, stop.asked])
    await stop.asked
    return exitCodes.done
  } catch (error) {
    if (error instanceof StartFailed) throw new CliError('failed', 'up.app_failed', error.message)
    throw error
  } finally {
    stop.onUrgent(() => void suite.stop(0))
    await suite.stop(stop.isUrgent ? 0 : undefined)
    await lock.release()
    log.info('up.stopped', { because: stop.reason ?? 'failure' })
  }
}

async function startAll(
  suite: Suite,
  config: Config,
  names: readonly AppName[],
  options: UpOptions,
  signal: AbortSignal,
  log: Log,
): Promise<void> {
  const begun = performance.now()
  const ready = await prepare(suite, config, signal, log)
  signal.throwIfAborted()
  const listeners = options.together
    ? await suite.startTogether(names, ready.config)
    : await startProcesses(suite, ready.config, names, options, log)
  signal.throwIfAborted()
  process.stdout.write(
    `${announcement(config, ready, { listeners, absent: suite.absent }, begun, options)}\n`,
  )
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

async function prepare(
  suite: Suite,
  config: Config,
  signal: AbortSignal,
  log: Log,
): Promise<Ready> {
  await readTls(config)
  const url = await suite.startDatabase(signal)
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

/** Built or from source, with the options of Node that this process has. */
const extension = path.extname(import.meta.url)
const mainFile = fileURLToPath(new URL(`../main${extension}`, import.meta.url))

/**
 * How much young memory an app may use, in MiB, three times over: Node's 16 stay taken after every wave of sign-ins (40 MB a
 * process), and buy nothing that could be measured for what sessions do.
 */
const youngMemory = '--max-semi-space-size=4'

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
  return suite.startApps(names, { env, log }, (name) => [
    youngMemory,
    ...process.execArgv,
    mainFile,
    'run-app',
    name,
    ...rest,
  ])
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
  { listeners, absent }: Pick<Announcement, 'listeners' | 'absent'>,
  begun: number,
  { noColour }: UpOptions,
): string {
  const loginFile = firstLoginPath(config.dataDir)
  return announce({
    seconds: (performance.now() - begun) / 1000,
    listeners,
    absent,
    dataDir: config.dataDir,
    caFile: config.tls === 'local-ca' ? path.join(config.dataDir, 'ca.pem') : undefined,
    firstLogin,
    firstLoginFile: existsSync(loginFile) ? loginFile : undefined,
    hasAccounts,
    helpUrl: listeners.some(({ name }) => name === 'https')
      ? `${webUrlOf(config)}/setup`
      : undefined,
    noColour,
  })
}
