import { rm } from 'node:fs/promises'
import path from 'node:path'

import type { Log } from '@posthouse/telemetry'

import { packagedBinaries, type Binaries } from './binaries.ts'
import { clusterDatabase, clusterUser, initCluster } from './init-cluster.ts'
import { readPostmasterFile, socketName } from './postmaster-file.ts'
import {
  spawnServer,
  waitUntilReady,
  type ServerExit,
  type ServerProcess,
} from './server-process.ts'
import { settingArguments, type ServerSettings } from './server-settings.ts'
import { serverUser } from './server-user.ts'
import { openSocketFolder, openStateFolder, removeSocketFolder } from './state-folder.ts'
import { stopCluster } from './stop-cluster.ts'
import { lockSupervisor } from './supervisor-lock.ts'

/** What to start. */
export interface PostgresOptions {
  /** Posthouse's data folder; everything of the server is in `postgres` below it. */
  readonly dataDir: string
  readonly log: Log
  /** Server settings beside ours (`shared_buffers` …). */
  readonly settings?: ServerSettings
  /** Another installation than the packaged one, for tests (`inFolder`). */
  readonly binaries?: Binaries
  /** Gives up the start. */
  readonly signal?: AbortSignal
}

/** Something that happened to a supervised server. */
export type PostgresEvent =
  | ({ readonly kind: 'exited'; readonly pid: number; readonly restartInMs: number } & ServerExit)
  | { readonly kind: 'restarted'; readonly pid: number }
  | { readonly kind: 'restart-failed'; readonly because: string; readonly restartInMs: number }

/** A server that this process supervises. */
export interface RunningPostgres {
  /** `postgresql:///posthouse?host=…&user=posthouse`, for pg and libpq alike. */
  readonly url: string
  readonly socketDir: string
  readonly user: string
  readonly database: string
  /** The operating system's user. */
  readonly runsAs: string
  /** Of the server now; changes with a restart. */
  readonly pid: number
  /** Calls the listener when the server died and was restarted. Returns the way to stop listening. */
  onEvent(listener: (event: PostgresEvent) => void): () => void
  /** Stops it within ten seconds and leaves no process. Safe to call twice. */
  stop(): Promise<void>
}

const firstRestartMs = 100
const maxRestartMs = 5_000
/** A server that lived this long restarts without delay again. */
const stableMs = 60_000
const startAttempts = 3

/**
 * Starts the embedded Postgres of a data folder and keeps it running: makes the cluster at the first start, stops a server left
 * behind by a supervisor that was killed, waits for recovery, restarts with back-off when it dies. Throws AlreadyRunning while
 * another Posthouse runs on the folder.
 */
export async function startPostgres(options: PostgresOptions): Promise<RunningPostgres> {
  const user = await serverUser()
  const stateFolder = await openStateFolder(path.resolve(options.dataDir), user)
  const unlock = await lockSupervisor(stateFolder)
  try {
    const left = await readPostmasterFile(path.join(stateFolder, 'data'))
    if (await stopCluster(path.join(stateFolder, 'data'))) {
      options.log.warn('postgres.leftover.stopped', { pid: left?.pid })
    }
    if (left !== undefined) await removeSocketFolder(left.socketFolder)
    const binaries = options.binaries ?? (await packagedBinaries(user, stateFolder))
    const isSynced = options.settings?.['fsync'] !== 'off'
    const { dataFolder, major } = await initCluster(stateFolder, binaries, user, isSynced)
    const socketFolder = await openSocketFolder(stateFolder, user)
    const args = settingArguments(socketFolder, major, options.settings ?? {})
    const launch = (): Promise<ServerProcess> =>
      spawnServer(binaries.postgres, ['-D', dataFolder, ...args], user, options.log)
    const supervisor = new Supervisor(launch, dataFolder, socketFolder, unlock, options.log)
    await supervisor.start(options.signal)
    return supervisor.running(user.name)
  } catch (error) {
    await unlock()
    throw error
  }
}

/** The URL of the server that runs on this data folder now, whoever supervises it; undefined when none does. */
export async function findPostgres(dataDir: string): Promise<string | undefined> {
  const file = await readPostmasterFile(path.join(dataDir, 'postgres', 'data'))
  if (file === undefined || file.status !== 'ready' || file.socketFolder === '') return undefined
  return urlOf(file.socketFolder)
}

function urlOf(socketFolder: string): string {
  return `postgresql:///${clusterDatabase}?host=${encodeURIComponent(socketFolder)}&user=${clusterUser}`
}

class Supervisor {
  readonly #launch: () => Promise<ServerProcess>
  readonly #dataFolder: string
  readonly #socketFolder: string
  readonly #unlock: () => Promise<void>
  readonly #log: Log
  readonly #listeners = new Set<(event: PostgresEvent) => void>()
  readonly #stopping = new AbortController()
  #server: ServerProcess | undefined
  #watching: Promise<void> = Promise.resolve()
  #stopped: Promise<void> | undefined

  constructor(
    launch: () => Promise<ServerProcess>,
    dataFolder: string,
    socketFolder: string,
    unlock: () => Promise<void>,
    log: Log,
  ) {
    this.#launch = launch
    this.#dataFolder = dataFolder
    this.#socketFolder = socketFolder
    this.#unlock = unlock
    this.#log = log
  }

  /** The first start: a few attempts, because what a killed server left behind may take a moment to vanish. */
  async start(signal: AbortSignal | undefined): Promise<void> {
    const giveUp = (): void => void stopCluster(this.#dataFolder)
    signal?.addEventListener('abort', giveUp)
    try {
      for (let attempt = 1; ; attempt++) {
        signal?.throwIfAborted()
        const exit = await this.#attempt()
        signal?.throwIfAborted()
        if (exit === undefined) break
        if (attempt === startAttempts)
          throw new Error(`Postgres does not start (${exitText(exit)}); see the log.`)
        await stopCluster(this.#dataFolder)
      }
    } catch (error) {
      await stopCluster(this.#dataFolder)
      await removeSocketFolder(this.#socketFolder)
      throw error
    } finally {
      signal?.removeEventListener('abort', giveUp)
    }
    this.#watching = this.#watch()
  }

  running(runsAs: string): RunningPostgres {
    const pid = (): number => this.#server?.pid ?? 0
    return {
      url: urlOf(this.#socketFolder),
      socketDir: this.#socketFolder,
      user: clusterUser,
      database: clusterDatabase,
      runsAs,
      get pid() {
        return pid()
      },
      onEvent: (listener) => {
        this.#listeners.add(listener)
        return () => this.#listeners.delete(listener)
      },
      stop: () => (this.#stopped ??= this.#stop()),
    }
  }

  async #attempt(): Promise<ServerExit | undefined> {
    const started = performance.now()
    const server = await this.#launch()
    this.#server = server
    const exit = await waitUntilReady(server, this.#dataFolder, this.#log)
    const ms = Math.round(performance.now() - started)
    if (exit === undefined) this.#log.info('postgres.ready', { pid: server.pid, ms })
    else this.#log.error('postgres.start.failed', { because: exitText(exit) })
    return exit
  }

  /** Lives as long as the supervision: waits for the server's end, restarts it. */
  async #watch(): Promise<void> {
    let delayMs = firstRestartMs
    while (!this.#stopping.signal.aborted) {
      const since = performance.now()
      const server = this.#server
      const exit = await server?.exited
      if (this.#stopping.signal.aborted || exit === undefined || server === undefined) return
      if (performance.now() - since > stableMs) delayMs = firstRestartMs
      this.#log.error('postgres.died', {
        pid: server.pid,
        because: exitText(exit),
        restartInMs: delayMs,
      })
      this.#emit({ kind: 'exited', pid: server.pid, ...exit, restartInMs: delayMs })
      delayMs = await this.#restart(delayMs)
    }
  }

  async #restart(firstDelayMs: number): Promise<number> {
    let delayMs = firstDelayMs
    while (!this.#stopping.signal.aborted) {
      await waitFor(delayMs, this.#stopping.signal)
      if (this.#stopping.signal.aborted) break
      delayMs = Math.min(delayMs * 2, maxRestartMs)
      const because = await this.#tryAgain()
      if (because === undefined) {
        this.#emit({ kind: 'restarted', pid: this.#server?.pid ?? 0 })
        break
      }
      this.#emit({ kind: 'restart-failed', because, restartInMs: delayMs })
    }
    return delayMs
  }

  async #tryAgain(): Promise<string | undefined> {
    try {
      // Processes of the dead server must be gone first: Postgres refuses to start beside them.
      await stopCluster(this.#dataFolder)
      if (this.#stopping.signal.aborted) return 'stopping'
      const exit = await this.#attempt()
      return exit === undefined ? undefined : exitText(exit)
    } catch (error) {
      return String(error)
    }
  }

  async #stop(): Promise<void> {
    this.#stopping.abort()
    await stopCluster(this.#dataFolder)
    await this.#watching
    // A restart may have been under way when the first round looked.
    await stopCluster(this.#dataFolder)
    await rm(path.join(this.#socketFolder, socketName), { force: true })
    await removeSocketFolder(this.#socketFolder)
    await this.#unlock()
    this.#log.info('postgres.stopped')
  }

  #emit(event: PostgresEvent): void {
    for (const listener of this.#listeners) listener(event)
  }
}

function exitText(exit: ServerExit): string {
  return exit.signal === null ? `exit code ${exit.code}` : `signal ${exit.signal}`
}

function waitFor(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}
