import type pg from 'pg'

import { queryConfig, type Lease } from './connections.ts'
import type { HungWatch } from './hung-watch.ts'
import type { Statement, Transaction } from './statement.ts'
import { StoreUnavailable, sqlState } from './unavailable.ts'

/** The wake-ups and actions that a transaction leaves behind. */
export interface Aftermath {
  readonly notifications: readonly (readonly [channel: string, payload: string])[]
  readonly actions: readonly (() => void)[]
}

/** A transaction on a leased, pipelined connection. Only `Database.transact` makes and ends one. */
export class OpenTransaction implements Transaction {
  readonly #client: pg.PoolClient
  readonly #watch: HungWatch
  readonly #notifications: (readonly [string, string])[] = []
  readonly #actions: (() => void)[] = []
  #isGathering = false
  #firstError: unknown
  #isOver = false

  constructor(lease: Lease, watch: HungWatch, begin: string) {
    this.#client = lease.client
    this.#watch = watch
    // Not awaited: it travels with the first statement.
    this.#gather()
    this.#note(this.#guard(this.#client.query(begin)))
  }

  async query<Row>(
    statement: Statement<Row>,
    values: readonly unknown[] = [],
  ): Promise<readonly Row[]> {
    const result = await this.#send(statement, values)
    return result.rows
  }

  async execute(statement: Statement<unknown>, values: readonly unknown[] = []): Promise<number> {
    const result = await this.#send(statement, values)
    return result.rowCount ?? 0
  }

  notify(channel: string, payload: string): void {
    this.#notifications.push([channel, payload])
  }

  afterCommit(action: () => void): void {
    this.#actions.push(action)
  }

  /** The first thing that went wrong inside, in the order of sending. */
  get firstError(): unknown {
    return this.#firstError
  }

  /**
   * Commits. Errors mean that nothing was changed, except StoreUnavailable with outcome `unknown`.
   *
   * A COMMIT of a failed transaction is answered `ROLLBACK`, without an error. A COMMIT whose wait for a synchronous
   * standby was cut short succeeds with a warning, whatever the language of its text: that is no durable commit.
   */
  async commit(): Promise<Aftermath> {
    this.#isOver = true
    let isWarned = false
    const onNotice = (notice: Notice): void => {
      if (isReplicationWarning(notice)) isWarned = true
    }
    this.#client.on('notice', onNotice)
    try {
      this.#gather()
      const result = await this.#guard(this.#client.query('COMMIT'), 'unknown')
      if (result.command !== 'COMMIT') throw this.#firstError ?? new Error('Postgres rolled back')
    } finally {
      this.#client.removeListener('notice', onNotice)
    }
    if (isWarned) throw new StoreUnavailable('replication', 'unknown')
    return { notifications: this.#notifications, actions: this.#actions }
  }

  /** Undoes everything; true when the connection is fit for further use. */
  async rollback(): Promise<boolean> {
    this.#isOver = true
    try {
      await this.#guard(this.#client.query('ROLLBACK'))
      return true
    } catch {
      return false
    }
  }

  async #send(statement: Statement<unknown>, values: readonly unknown[]): Promise<pg.QueryResult> {
    if (this.#isOver) throw new Error('A statement was sent after its transaction had ended')
    this.#gather()
    const answer = this.#guard(this.#client.query(queryConfig(statement, values)))
    this.#note(answer)
    return answer.catch((error: unknown) => {
      throw this.#causeOf(error)
    })
  }

  /** Statements that are issued without a wait between them leave in one write: pg alone would make a system call for each. */
  #gather(): void {
    if (this.#isGathering) return
    this.#isGathering = true
    const { stream } = this.#client.connection
    stream.cork()
    // After the promises that are settled by now, whose work issues the next statements.
    process.nextTick(() => {
      this.#isGathering = false
      stream.uncork()
    })
  }

  /** What comes after a statement that failed is told only that (25P02): the reason is the first one's. */
  #causeOf(error: unknown): unknown {
    return sqlState(error) === '25P02' ? (this.#firstError ?? error) : error
  }

  #guard<T>(work: Promise<T>, lostMeans: 'none' | 'unknown' = 'none'): Promise<T> {
    return this.#watch.guard(work, () => this.#client.connection.stream.destroy(), lostMeans)
  }

  /** Keeps the first error, so that an unawaited statement's failure is neither lost nor an unhandled rejection. */
  #note(work: Promise<unknown>): void {
    work.catch((error: unknown) => {
      this.#firstError ??= error
    })
  }
}

/** The part of a notice that tells what it is about, in whatever language its text is. */
interface Notice {
  readonly code: string | undefined
  readonly detail?: string | undefined
}

/**
 * Whether a notice that came with the answer to COMMIT is about that commit. A server that ends its sessions at once sends one
 * as well (57P02 after a crash, 57P01 without details for an immediate shutdown), which takes nothing from an answer that was
 * given; cutting the wait for a standby short says 57P01 too, with details.
 */
function isReplicationWarning({ code, detail }: Notice): boolean {
  if (code === undefined) return true
  if (code.startsWith('00') || code === '57P02') return false
  return code !== '57P01' || detail !== undefined
}

/** True where a whole transaction may simply be run again: deadlock and serialization failure. */
export function isConflict(error: unknown): boolean {
  const state = sqlState(error)
  return state === '40001' || state === '40P01'
}
