import {
  startPostgres,
  type PostgresEvent,
  type RunningPostgres,
} from '@posthouse/embedded-postgres'
import type { Log } from '@posthouse/telemetry'
import type { AppState } from './state-file.ts'

/** The database as `status` shows it. */
export interface DatabaseState {
  readonly state: AppState
  readonly pid: number | null
  readonly restarts: number
  readonly lastEnd: string | null
}

/** The embedded Postgres of a data folder, and what became of it. It restarts by itself; the apps reconnect. */
export class DatabaseKeeper {
  readonly #dataDir: string
  readonly #log: Log
  readonly #onChange: () => void
  #starting: Promise<RunningPostgres> | undefined
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
   * Starts it: makes the cluster the first time, stops what a killed start left behind.
   * @param signal gives the start up
   * @returns its URL, the same after every restart
   */
  async start(signal?: AbortSignal): Promise<string> {
    this.#starting = startPostgres({
      dataDir: this.#dataDir,
      log: this.#log,
      ...(signal === undefined ? {} : { signal }),
    })
    const postgres = await this.#starting
    if (this.#state.state === 'starting') this.#set({ state: 'running', pid: postgres.pid })
    postgres.onEvent((event) => this.#hear(event))
    return postgres.url
  }

  /** Stops it cleanly; resolves when it is gone. */
  async stop(): Promise<void> {
    this.#set({ state: 'stopping' })
    // A start that failed has cleaned up after itself.
    const postgres = await this.#starting?.catch(() => undefined)
    await postgres?.stop()
    this.#set({ state: 'stopped', pid: null })
  }

  #hear(event: PostgresEvent): void {
    if (this.#state.state === 'stopping' || this.#state.state === 'stopped') return
    switch (event.kind) {
      case 'exited':
        return this.#set({
          state: 'waiting',
          pid: null,
          restarts: this.#state.restarts + 1,
          lastEnd: event.signal === null ? `exit code ${event.code}` : `signal ${event.signal}`,
        })
      case 'restarted':
        return this.#set({ state: 'running', pid: event.pid })
      case 'restart-failed':
        return this.#set({ lastEnd: event.because })
    }
  }

  #set(change: Partial<DatabaseState>): void {
    this.#state = { ...this.#state, ...change }
    this.#onChange()
  }
}
