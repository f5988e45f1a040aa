import type pg from 'pg'

import { bulkSocket } from './bulk-socket.ts'
import {
  Connections,
  clientConfig,
  databaseLimits,
  queryConfig,
  spoils,
  type DatabaseLimits,
  type Lease,
} from './connections.ts'
import { HungWatch, hungLimits, type HungLimits } from './hung-watch.ts'
import { Lineage } from './lineage.ts'
import { LostCommits } from './lost-commits.ts'
import { poolWaiting, queryDurations } from './metrics.ts'
import { Notifier } from './notifier.ts'
import { OpenTransaction, isConflict, type Aftermath } from './open-transaction.ts'
import { SharedReader } from './shared-reader.ts'
import type { Queries, Statement, Transaction } from './statement.ts'
import { silentLog, type StoreLog } from './store-log.ts'
import { StoreUnavailable, storeError } from './unavailable.ts'

/** How to reach Postgres and as whom. */
export interface DatabaseOptions {
  /** `postgresql://user:password@host/database`; `?host=/folder` for a unix socket. */
  readonly url: string
  /** The app's name, shown in pg_stat_activity. */
  readonly app: string
  readonly log?: StoreLog
  readonly limits?: Partial<DatabaseLimits>
  readonly hung?: HungLimits
}

/** How a transaction is run. */
export interface TransactOptions {
  readonly isolation?: 'repeatable read' | 'serializable'
  readonly readOnly?: boolean
  /** Run the work again (three times in all) after a deadlock or serialization failure. It must be free of side effects. */
  readonly retry?: boolean
  /** Plans are made once for all values, as they are for `read`. */
  readonly plansOnce?: boolean
  /** A limit per statement other than the default, for work in the background. */
  readonly statementMs?: number
}

const attempts = 3

/**
 * For statements over arrays, which Postgres would plan anew each time because it takes an unknown array for a long one: half a
 * millisecond of every delivery, a quarter of every RCPT.
 */
const plansOnce = 'plan_cache_mode=force_generic_plan'

/**
 * The process's connections to Postgres. Everything that means "not now" is thrown as StoreUnavailable; other errors are
 * mistakes, or constraints that the caller knows how to read (`violatedConstraint`).
 */
export class Database implements Queries {
  /** Where it is: for a thread that needs connections of its own. */
  readonly url: string
  /** Wake-ups between processes. */
  readonly notifier: Notifier
  readonly #watch: HungWatch
  readonly #pool: Connections
  readonly #bulk: Connections
  readonly #reader: SharedReader
  readonly #lost = new LostCommits()
  #closing: Promise<void> | undefined

  /** Opens nothing yet: the first statement connects. */
  constructor(options: DatabaseOptions) {
    this.url = options.url
    const log = options.log ?? silentLog
    const limits = { ...databaseLimits, ...options.limits }
    const config = clientConfig(options.url, options.app, limits)
    const sideConfig = clientConfig(options.url, options.app, limits, ['synchronous_commit=off'])
    const readerConfig = clientConfig(options.url, options.app, limits, [plansOnce])
    this.notifier = new Notifier(sideConfig, log)
    const watch = new HungWatch(
      () => this.notifier.pulse(),
      () => this.#abandon(log),
      options.hung ?? hungLimits,
    )
    const pooled = { ...config, idleTimeoutMillis: limits.idleMs }
    this.#watch = watch
    const lineage = new Lineage(log)
    const verified = {
      ...pooled,
      verify: (client: pg.PoolClient, done: (error?: Error) => void): void => {
        lineage.verify(client).then(() => done(), done)
      },
    }
    this.#pool = new Connections(
      { ...verified, pipeline: true, max: limits.connections },
      limits.connectMs,
      watch,
      log,
    )
    // A COPY has no answer that pg's query_timeout could see; the server's limit and the watch are enough.
    const bulk = {
      ...pooled,
      query_timeout: 0,
      max: limits.bulkConnections,
      connectionTimeoutMillis: limits.bulkWaitMs,
      stream: bulkSocket,
    }
    this.#bulk = new Connections(bulk, limits.connectMs, watch, log)
    this.#reader = new SharedReader({ ...readerConfig, pipeline: true }, watch, log)
    poolWaiting.readBy(() => [[{}, this.#pool.waiting + this.#bulk.waiting]])
  }

  /** One statement in a transaction of its own, on a connection of its own. */
  async query<Row>(
    statement: Statement<Row>,
    values: readonly unknown[] = [],
  ): Promise<readonly Row[]> {
    const result = await this.#single(statement, values)
    return result.rows
  }

  async execute(statement: Statement<unknown>, values: readonly unknown[] = []): Promise<number> {
    const result = await this.#single(statement, values)
    return result.rowCount ?? 0
  }

  /**
   * A short read on a connection shared by everyone, pipelined (ten times the rate of a pool), and planned once for all
   * values. Never for statements that write, wait for locks or read much: those behind them would wait too.
   */
  async read<Row>(
    statement: Statement<Row>,
    values: readonly unknown[] = [],
  ): Promise<readonly Row[]> {
    const begun = performance.now()
    try {
      return await this.#reader.query(statement, values)
    } finally {
      queryDurations.observeSince({ op: 'read' }, begun)
    }
  }

  /**
   * Runs `work` in one transaction and commits it. Whatever `work` throws undoes everything and is thrown on. Statements
   * issued and not awaited are part of it. Never call `transact` or `query` of the database inside: one connection per
   * operation, or a full pool waits for itself.
   */
  async transact<T>(
    work: (tx: Transaction) => Promise<T>,
    options: TransactOptions = {},
  ): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#transactOnce(work, options)
      } catch (error) {
        const cause = error instanceof StoreUnavailable ? error.cause : error
        if (options.retry !== true || attempt === attempts || !isConflict(cause)) throw error
      }
    }
  }

  /**
   * Lends a connection that is not pipelined, for COPY and cursors. `work` must be done with it when it returns; never
   * let it wait for a client's socket. On any error the connection is closed.
   */
  async bulk<T>(work: (client: pg.ClientBase) => Promise<T>): Promise<T> {
    const lease = await this.#bulk.lease()
    const kill = (): void => cut(lease)
    const begun = performance.now()
    let isFit = false
    try {
      const value = await this.#watch.guard(work(lease.client), kill, 'unknown')
      isFit = true
      return value
    } finally {
      lease.release(!isFit)
      queryDurations.observeSince({ op: 'bulk' }, begun)
    }
  }

  /**
   * To be called before looking for what a lost COMMIT wrote: afterwards no server process is left that could still write it.
   */
  settleLostCommits(): Promise<void> {
    return this.#lost.settle(this)
  }

  /** Lets running work finish for a moment, sends waiting wake-ups, and disconnects. Safe to call twice. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    await Promise.all([this.#pool.close(), this.#bulk.close(), this.#reader.close()])
    await this.notifier.close()
    this.#watch.close()
  }

  async #single(
    statement: Statement<unknown>,
    values: readonly unknown[],
  ): Promise<pg.QueryResult> {
    const lease = await this.#pool.lease()
    const kill = (): void => cut(lease)
    const begun = performance.now()
    try {
      const answer = lease.client.query(queryConfig(statement, values))
      const result = await this.#watch.guard(answer, kill, 'unknown')
      lease.release(false)
      return result
    } catch (error) {
      this.#lost.note(error, lease.client)
      lease.release(spoils(error))
      throw error
    } finally {
      queryDurations.observeSince({ op: 'statement' }, begun)
    }
  }

  async #transactOnce<T>(
    work: (tx: Transaction) => Promise<T>,
    options: TransactOptions,
  ): Promise<T> {
    const lease = await this.#pool.lease()
    const begun = performance.now()
    const tx = new OpenTransaction(lease, this.#watch, beginText(options))
    let value: T
    try {
      value = await work(tx)
    } catch (error) {
      await endFailed(lease, tx, error)
      throw storeError(error)
    }
    const aftermath = await this.#commit(lease, tx)
    queryDurations.observeSince({ op: 'transaction' }, begun)
    for (const action of aftermath.actions) action()
    for (const [channel, payload] of aftermath.notifications) this.notifier.notify(channel, payload)
    return value
  }

  async #commit(lease: Lease, tx: OpenTransaction): Promise<Aftermath> {
    const begun = performance.now()
    try {
      const aftermath = await tx.commit()
      queryDurations.observeSince({ op: 'commit' }, begun)
      lease.release(false)
      return aftermath
    } catch (error) {
      this.#lost.note(error, lease.client)
      // Whatever is not known for sure to be over takes its connection with it.
      lease.release(true)
      throw storeError(error)
    }
  }

  #abandon(log: StoreLog): void {
    log.warn('store.database.hung')
    this.notifier.reset()
    this.#pool.destroy()
    this.#bulk.destroy()
    this.#reader.destroy()
  }
}

async function endFailed(lease: Lease, tx: OpenTransaction, error: unknown): Promise<void> {
  const isLost = error instanceof StoreUnavailable && spoils(error)
  const isFit = !isLost && (await tx.rollback())
  lease.release(!isFit || (tx.firstError !== undefined && spoils(tx.firstError)))
}

function cut(lease: Lease): void {
  lease.client.connection.stream.destroy()
}

function beginText(options: TransactOptions): string {
  const isolation = options.isolation === undefined ? '' : ` ISOLATION LEVEL ${options.isolation}`
  const settings = [
    ...(options.plansOnce === true ? [plansOnce] : []),
    ...(options.statementMs === undefined
      ? []
      : [`statement_timeout = ${Math.trunc(options.statementMs)}`]),
  ]
  const begin = `BEGIN${isolation}${options.readOnly === true ? ' READ ONLY' : ''}`
  return [begin, ...settings.map((setting) => `SET LOCAL ${setting}`)].join('; ')
}
