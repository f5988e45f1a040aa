import {
  Client,
  Pool,
  type ClientConfig,
  type PoolClient,
  type PoolConfig,
  type QueryArrayConfig,
  type QueryConfig,
} from 'pg'

import type { HungWatch } from './hung-watch.ts'
import { rowTypes } from './row-types.ts'
import { type Statement } from './statement.ts'
import type { StoreLog } from './store-log.ts'
import { sqlState, StoreUnavailable, unavailableReason } from './unavailable.ts'

/** Limits of one process's connections. Six processes must fit into Postgres's default of 100. */
export interface DatabaseLimits {
  /** Connections for transactions and single statements. */
  readonly connections: number
  /** Connections for COPY and cursors, which pipelining excludes. */
  readonly bulkConnections: number
  /** Longest wait for a free connection, and for the server's greeting. */
  readonly connectMs: number
  /**
   * Longest wait for a free connection for COPY and cursors. Only reads of clients are there, who wait for minutes: 500 that
   * download at once wait for seconds each on a busy machine, and a message that is there must not be refused. A server
   * that does not answer is noticed by the watch.
   */
  readonly bulkWaitMs: number
  /** The server cancels a statement after this long. */
  readonly statementMs: number
  /** The server cancels a wait for a lock after this long. */
  readonly lockMs: number
  /** The server ends a session that sits idle inside a transaction. */
  readonly idleInTransactionMs: number
  /** A connection without work is closed after this long. */
  readonly idleMs: number
}

/** The defaults of DatabaseLimits. */
export const databaseLimits: DatabaseLimits = {
  connections: 8,
  bulkConnections: 4,
  connectMs: 10_000,
  bulkWaitMs: 120_000,
  statementMs: 30_000,
  lockMs: 10_000,
  idleInTransactionMs: 30_000,
  idleMs: 30_000,
}

/**
 * Nothing may depend on how somebody configured the database or the role: dates must parse, `\` is no escape, and a
 * transaction is READ COMMITTED unless it asks otherwise.
 */
const sessionOptions = [
  'timezone=UTC',
  'datestyle=ISO',
  'bytea_output=hex',
  'standard_conforming_strings=on',
  'default_transaction_isolation=read\\ committed',
  'jit=off',
]

/** How every connection of the process is opened. */
export function clientConfig(
  url: string,
  app: string,
  limits: DatabaseLimits,
  extraOptions: readonly string[] = [],
): ClientConfig {
  return {
    connectionString: url,
    application_name: `posthouse ${app}`,
    connectionTimeoutMillis: limits.connectMs,
    statement_timeout: limits.statementMs,
    lock_timeout: limits.lockMs,
    idle_in_transaction_session_timeout: limits.idleInTransactionMs,
    // The last resort against one stuck server process; the watch finds a stuck server sooner.
    query_timeout: limits.statementMs * 2,
    keepAlive: true,
    options: [...sessionOptions, ...extraOptions].map((option) => `-c ${option}`).join(' '),
    types: rowTypes,
  }
}

/** A connection lent out until `release`. */
export interface Lease {
  readonly client: PoolClient
  /** Gives it back; a broken one, or one whose state is unknown, is closed. */
  release(isBroken: boolean): void
}

/** How long running work is given when the store is closed. */
const closingMs = 2_000

/** A pool whose waits are watched: no checkout outlives a hung server, and no broken connection ends the process. */
export class Connections {
  readonly #pool: Pool
  readonly #watch: HungWatch
  readonly #live = new Set<Client>()
  readonly #idle = Promise.withResolvers<void>()
  #work = 0
  #isClosing = false

  /** @param connectMs longest wait for the server's greeting; the config's is the one for a free connection too */
  constructor(config: PoolConfig, connectMs: number, watch: HungWatch, log: StoreLog) {
    const live = this.#live
    this.#pool = new Pool({
      ...config,
      // Known from the start: a connection that is only being made can be cut too.
      Client: class extends Client {
        constructor(given?: ClientConfig) {
          super({ ...given, connectionTimeoutMillis: connectMs })
          live.add(this)
          // Without a listener, a connection that breaks while it is lent out would end the process.
          this.on('error', () => {})
          this.on('end', () => live.delete(this))
        }
      },
    })
    this.#watch = watch
    this.#pool.on('error', (error) =>
      log.debug('store.connection.lost', { because: error.message }),
    )
  }

  /** How many wait for a connection. */
  get waiting(): number {
    return this.#pool.waitingCount
  }

  /** A free connection, or StoreUnavailable. */
  async lease(): Promise<Lease> {
    this.#watch.refuseIfHung()
    if (this.#isClosing) throw new StoreUnavailable('shutdown', 'none')
    this.#work++
    try {
      const client = await this.#checkOut()
      const release = (isBroken: boolean): void => {
        client.release(isBroken)
        this.#done()
      }
      return { client, release }
    } catch (error) {
      this.#done()
      throw error
    }
  }

  /** Cuts every connection, in use or not. */
  destroy(): void {
    for (const client of this.#live) client.connection.stream.destroy()
  }

  /** Takes no more work, lets what is under way finish for a moment, then cuts what is left. */
  async close(): Promise<void> {
    this.#isClosing = true
    if (this.#work === 0) this.#idle.resolve()
    const patience = setTimeout(() => {
      this.destroy()
      this.#idle.resolve()
    }, closingMs)
    // pg-pool forgets those that wait for a connection when it ends: it must not end before them.
    await this.#idle.promise
    await this.#pool.end()
    clearTimeout(patience)
  }

  #checkOut(): Promise<PoolClient> {
    let isAbandoned = false
    const checkout = this.#pool.connect().then((client) => {
      if (isAbandoned) client.release(true)
      return client
    })
    return this.#watch.guard(checkout, () => (isAbandoned = true), 'none')
  }

  #done(): void {
    this.#work--
    if (this.#isClosing && this.#work === 0) this.#idle.resolve()
  }
}

/** How pg is asked: bound values always, a prepared statement when it has a name. */
export function queryConfig(
  statement: Statement<unknown>,
  values: readonly unknown[],
): QueryArrayConfig<unknown[]> | QueryConfig<unknown[]> {
  const { name, text, mode } = statement
  const query = { text, values: values.map(boundValue), ...(name === undefined ? {} : { name }) }
  return mode === 'array' ? { ...query, rowMode: 'array' } : query
}

/** A list of numbers as Postgres's text of an array. pg would look for what needs an escape in each of them, twice. */
function boundValue(value: unknown): unknown {
  if (!Array.isArray(value) || !value.every(isNumber)) return value
  return `{${value.join(',')}}`
}

function isNumber(value: unknown): boolean {
  return typeof value === 'number'
}

/** Whether a connection can go back to its pool after this error. */
export function spoils(error: unknown): boolean {
  const state = sqlState(error)
  // 26000 and 42P05: pg and the server disagree on prepared statements; 0A000: a plan made before a migration.
  if (state === undefined || state === '26000' || state === '42P05' || state === '0A000')
    return true
  const reason = unavailableReason(error)
  return reason === 'connection' || reason === 'shutdown' || reason === 'hung'
}
