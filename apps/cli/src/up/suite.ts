import { chmod, mkdir } from 'node:fs/promises'
import {
  ControlDesk,
  dispensableApps,
  type AppName,
  type Health,
  type OpenPort,
} from '@posthouse/app'
import type { Config } from '@posthouse/config'
import type { Log } from '@posthouse/telemetry'
import { CliError } from '../cli-error.ts'
import { version } from '../version.ts'
import type { AbsentApp } from './announce.ts'
import { AppProcess, type AppProcessOptions } from './app-process.ts'
import { openControlSocket, type ControlSocket } from './control/control-socket.ts'
import { ControlTree } from './control/control-tree.ts'
import { answerCounts, answerLevels } from './control/process-desk.ts'
import { DatabaseKeeper } from './database-keeper.ts'
import { claimInstance, type InstanceLock } from './instance-lock.ts'
import { tellRestarts } from './metrics.ts'
import { removeStatus, startTicksOf, writeStatus, type SuiteStatus } from './state-file.ts'
import { startTogether, type TogetherSuite } from './together.ts'

/** Apps get this long to say goodbye; then Postgres has what is left of ten seconds. */
const drainMs = 8_500

/** Makes the data folder, and claims it. */
export async function claimDataDir(config: Config): Promise<InstanceLock> {
  const { dataDir } = config
  await mkdir(dataDir, { recursive: true })
  // As root the embedded Postgres runs as another user, who must get through to its own folder.
  await chmod(dataDir, process.getuid?.() === 0 ? 0o711 : 0o700)
  const lock = await claimInstance(dataDir)
  if (lock !== undefined) return lock
  throw new CliError(
    'conflict',
    'up.running',
    `Posthouse is running on ${dataDir} already`,
    'See it with: posthouse status. For a second one choose another data folder: POSTHOUSE_DATA.',
  )
}

/** The processes of a suite and what `status` knows of them. */
export class Suite {
  readonly #config: Config
  readonly #startedAt = new Date().toISOString()
  readonly #keeper: DatabaseKeeper | undefined
  readonly #log: Log
  readonly #control = new ControlTree(new ControlDesk())
  #socket: ControlSocket | undefined
  #apps: readonly AppProcess[] = []
  #together: TogetherSuite | undefined
  #databaseUrl: string | null = null
  #isReady = false
  #writing: Promise<void> = Promise.resolve()
  #isClosed = false

  constructor(config: Config, log: Log) {
    this.#config = config
    this.#log = log
    answerLevels(this.#control.desk, 'up')
    this.#control.desk.handle('up', 'health', () => healthOf(this.#status()))
    tellRestarts(() => this.#status())
    if (config.database.kind === 'embedded')
      this.#keeper = new DatabaseKeeper(config.dataDir, log, () => this.#changed())
    this.#changed()
  }

  /** Lets the command line ask. Without that the suite runs, too. */
  async openControl(): Promise<void> {
    try {
      this.#socket = await openControlSocket(this.#config.dataDir, this.#control, this.#log)
    } catch (error) {
      this.#log.warn('control.absent', { error })
    }
  }

  /**
   * Starts the embedded Postgres, if it is the one to use.
   * @param signal gives the start up
   * @returns the database's URL
   */
  async startDatabase(signal: AbortSignal): Promise<string> {
    if (this.#config.database.kind === 'url') return this.#config.database.url.reveal()
    this.#databaseUrl = (await this.#keeper?.start(signal)) ?? null
    this.#changed()
    return this.#databaseUrl ?? ''
  }

  /** Starts these apps, each as a process; resolves when all listen, throws when one cannot. */
  async startApps(
    names: readonly AppName[],
    options: Pick<AppProcessOptions, 'env' | 'log'>,
    argsOf: (name: AppName) => readonly string[],
  ): Promise<readonly OpenPort[]> {
    answerCounts(this.#control.desk, 'up')
    this.#apps = names.map(
      (name) =>
        new AppProcess({
          ...options,
          name,
          args: argsOf(name),
          onChange: () => this.#changed(),
          onInquiry: ({ name: wanted, args }) => this.#control.ask(wanted, args),
        }),
    )
    this.#control.adopt(this.#apps)
    await Promise.all(this.#apps.map((app) => this.#start(app)))
    this.#isReady = true
    this.#changed()
    await this.#writing
    return this.#apps.flatMap((app) => app.status.listeners)
  }

  /** Waits until it listens; one that mail goes on without is tried again, and nobody waits for it. */
  async #start(app: AppProcess): Promise<void> {
    try {
      await app.start()
    } catch (error) {
      if (!dispensableApps.has(app.status.name)) throw error
      this.#log.warn('app.absent', { name: app.status.name, error })
    }
  }

  /** Apps that do not run, in their own words. */
  get absent(): readonly AbsentApp[] {
    return (this.#together?.apps ?? this.#apps.map((app) => app.status))
      .filter(({ state }) => state !== 'running')
      .map(({ name, lastEnd }) => ({ name, because: lastEnd ?? 'it has not started yet' }))
  }

  /** Starts these apps in this process. */
  async startTogether(names: readonly AppName[], config: Config): Promise<readonly OpenPort[]> {
    this.#together = await startTogether(config, names, {
      desk: this.#control.desk,
      everybody: (name, args) => this.#control.ask(name, args),
    })
    this.#isReady = true
    this.#changed()
    await this.#writing
    return this.#together.apps.flatMap(({ listeners }) => listeners)
  }

  /** Drains the apps, stops Postgres, takes the status away. */
  async stop(limitMs = drainMs): Promise<void> {
    await Promise.all([this.#together?.drain(), ...this.#apps.map((app) => app.stop(limitMs))])
    await this.#socket?.close()
    await this.#keeper?.stop()
    this.#isClosed = true
    await this.#writing
    await removeStatus(this.#config.dataDir)
  }

  #status(): SuiteStatus {
    const none = { state: 'running' as const, pid: null, restarts: 0, lastEnd: null }
    return {
      pid: process.pid,
      startTicks: startTicksOf(process.pid),
      startedAt: this.#startedAt,
      version: version(),
      hostname: this.#config.hostname,
      dataDir: this.#config.dataDir,
      ready: this.#isReady,
      databaseUrl: this.#databaseUrl,
      isDatabaseUnsafe: this.#config.unsafeDatabase,
      secretKeyFile: this.#config.secretKeyFile,
      database: { kind: this.#config.database.kind, ...(this.#keeper?.state ?? none) },
      apps: this.#together?.apps ?? this.#apps.map((app) => app.status),
    }
  }

  /** One write at a time, and the last one shows the last state. */
  #changed(): void {
    this.#writing = this.#writing
      .then(() => (this.#isClosed ? undefined : writeStatus(this.#status())))
      .catch(() => undefined)
  }
}

/** How the whole suite does: what mail needs, and does not run. */
function healthOf({ ready, apps, database }: SuiteStatus): Health {
  const ill = [{ name: 'the database', state: database.state }, ...apps].filter(
    ({ name, state }) => state !== 'running' && !dispensableApps.has(name),
  )
  const because = ill.map(({ name, state }) => `${name} is ${state}`).join(', ')
  if (!ready) return { isWell: false, because: because === '' ? 'starting' : because }
  return { isWell: because === '', because: because === '' ? null : because }
}
