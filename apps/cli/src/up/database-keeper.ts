import path from 'node:path'
import { startPostgres, type RunningPostgres } from '@posthouse/embedded-postgres'
import type { Log } from '@posthouse/telemetry'
import { BackOff } from './back-off.ts'
import type { AppState } from './state-file.ts'

/** The database as `status` shows it. */
export interface DatabaseState {
  readonly state: AppState
  readonly pid: number | null
  readonly restarts: number
  readonly lastEnd: string | null
}

/** Where the embedded Postgres lives inside the data folder. */
export function postgresDir(dataDir: string): string {
  return path.join(dataDir, 'postgres')
}

/** Runs the embedded Postgres and starts it again, with back-off, whenever it dies. The apps reconnect by themselves. */
export class DatabaseKeeper {
  readonly #dataDir: string
  readonly #log: Log
  readonly #onChange: () => void
  readonly #backOff = new BackOff()
  #postgres: RunningPostgres | undefined
  #starting: Promise<void> | undefined
  #retry: NodeJS.Timeout | undefined
  #state: DatabaseState = { state: 'starting', pid: null, restarts: 0, lastEnd: null }

  constructor(dataDir: string, log: Log, onChange: () => void) {
    this.#dataDir = dataDir
    this.#log = log
    this.#onChange = onChange
  }

  /** The database as `status` shows it. */
  get state(): DatabaseState {
    return this.#state
  }

  /**
   * Starts it: initialises the folder the first time, takes over or stops what a killed start left behind.
   * @returns its URL, the same after every restart
   */
  async start(): Promise<string> {
    const begun = performance.now()
    const postgres = await startPostgres({ dataDir: postgresDir(this.#dataDir), log: this.#log })
    this.#postgres = postgres
    this.#set({ state: 'running', pid: postgres.pid })
    postgres.onExit((because) => this.#died(because, performance.now() - begun))
    return postgres.url
  }

  /** Stops it cleanly; resolves when it is gone. */
  async stop(): Promise<void> {
    clearTimeout(this.#retry)
    this.#set({ state: 'stopping' })
    await this.#starting?.catch(() => undefined)
    await this.#postgres?.stop()
    this.#set({ state: 'stopped', pid: null })
  }

  #died(because: string, livedMs: number): void {
    if (this.#state.state === 'stopping' || this.#state.state === 'stopped') return
    this.#postgres = undefined
    this.#set({ lastEnd: because, restarts: this.#state.restarts + 1, pid: null })
    this.#startAgain(because, livedMs)
  }

  #startAgain(because: string, livedMs: number): void {
    const waitMs = this.#backOff.afterDeath(livedMs)
    this.#log.error('postgres.died', { because, restartInMs: waitMs })
    this.#set({ state: 'waiting' })
    this.#retry = setTimeout(() => {
      this.#set({ state: 'starting' })
      this.#starting = this.start().then(
        () => undefined,
        (error: unknown) => {
          if (this.#state.state === 'starting') this.#startAgain(String(error), 0)
        },
      )
    }, waitMs)
  }

  #set(change: Partial<DatabaseState>): void {
    this.#state = { ...this.#state, ...change }
    this.#onChange()
  }
}
