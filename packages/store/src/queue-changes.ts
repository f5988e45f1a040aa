import { writeAudit } from './audit-trail.ts'
import type { Actor } from './audit.ts'
import type { Database } from './database.ts'
import type { Claim } from './queue.ts'
import {
  changeStep,
  dropStep,
  holdStep,
  redirectStep,
  retryStep,
  takeStep,
  unholdStep,
  widen,
  type ChangeRow,
} from './queue-change-statements.ts'
import { claimedMessages } from './queue-claimed.ts'
import { filterValues, type QueueFilter } from './queue-filter.ts'
import { destinationOf, queueChannel } from './queue-insert.ts'
import type { HoldReason } from './queue-operations.ts'
import { finishMessages } from './queue-outcomes.ts'
import { plainLine } from './plain-text.ts'
import type { Statement, Transaction } from './statement.ts'
import { newUuid } from './uuid-v7.ts'

/** One kind of change to what a filter means. */
interface Plan {
  readonly statement: Statement<ChangeRow>
  readonly action: string
  readonly filter: QueueFilter
  readonly by: Actor | undefined
  readonly because?: string | null
  /** Who holds it, where it is not the actor. */
  readonly holder?: string
  readonly more?: readonly unknown[]
  /** For the audit trail. */
  readonly details?: Readonly<Record<string, unknown>>
  readonly after?: (tx: Transaction, ids: readonly string[]) => Promise<unknown>
}

/** Commands to what waits in the queue. */
export class QueueChanges {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  /** See `QueueOperations.retry`. */
  retry(filter: QueueFilter, by?: Actor): Promise<number> {
    return this.#all({ statement: retryStep, action: 'queue.retried', filter, by, after: wake })
  }

  /** See `QueueOperations.hold`. */
  hold(filter: QueueFilter, why: HoldReason = unsaid, by?: Actor): Promise<number> {
    return this.#all(holdPlan(filter, why, by))
  }

  /** See `QueueOperations.unhold`. */
  unhold(filter: QueueFilter, by?: Actor): Promise<number> {
    return this.#all({ statement: unholdStep, action: 'queue.released', filter, by, after: wake })
  }

  /** See `QueueOperations.redirect`. */
  redirect(filter: QueueFilter, address: string, by?: Actor): Promise<number> {
    const isWide = /[^\0-\x7f]/.test(address)
    return this.#all({
      statement: redirectStep,
      action: 'queue.redirected',
      filter,
      by,
      because: `to ${address}`,
      more: [address, destinationOf(address)],
      details: { address },
      after: async (tx, ids) => {
        if (isWide) await tx.execute(widen, [ids])
        await wake(tx)
      },
    })
  }

  /** See `QueueOperations.drop`. */
  drop(filter: QueueFilter, by?: Actor): Promise<number> {
    return this.#all({
      statement: dropStep,
      action: 'queue.dropped',
      filter,
      by,
      after: (tx, ids) => tx.execute(finishMessages, [ids]),
    })
  }

  /** See `QueueOperations.take`. */
  async take(
    filter: QueueFilter,
    { worker, leaseSeconds }: { readonly worker: string; readonly leaseSeconds: number },
  ): Promise<Claim> {
    const token = newUuid()
    const values = [...filterValues(filter), token, worker, leaseSeconds]
    const rows = await this.#database.transact((tx) => tx.query(takeStep, values), { retry: true })
    return { token, messages: claimedMessages(rows), suppressed: [] }
  }

  /** Step by step, so that no transaction is long: what is done is not meant any more by the next step. */
  async #all(plan: Plan): Promise<number> {
    let sum = 0
    for (;;) {
      const { looked, changed } = await this.#database.transact((tx) => applyStep(tx, plan), {
        retry: true,
      })
      sum += changed
      if (looked < changeStep) return sum
    }
  }
}

/** Holds what waits and is meant, inside a transaction: a thousand messages and no more. The number of recipients. */
export async function holdQueued(
  tx: Transaction,
  filter: QueueFilter,
  why: HoldReason,
): Promise<number> {
  const { changed } = await applyStep(tx, holdPlan(filter, why, undefined))
  return changed
}

const unsaid: HoldReason = { by: 'operator', because: 'held by an operator' }

function holdPlan(filter: QueueFilter, why: HoldReason, by: Actor | undefined): Plan {
  const because = plainLine(why.because)
  const { by: holder } = why
  const details = { because }
  return {
    statement: holdStep,
    action: 'queue.held',
    filter,
    by,
    because,
    holder,
    more: [holder],
    details,
  }
}

async function applyStep(
  tx: Transaction,
  { statement, action, filter, by, because = null, holder = 'operator', more = [], ...plan }: Plan,
): Promise<{ readonly looked: number; readonly changed: number }> {
  const rows = await tx.query(statement, [...filterValues(filter), holder, because, ...more])
  const ids = rows.flatMap(([, id]) => id ?? [])
  if (ids.length > 0) await plan.after?.(tx, [...new Set(ids)])
  if (ids.length > 0 && by !== undefined) {
    const { queueIds, ...rest } = filter
    const object = queueIds?.length === 1 ? (queueIds[0] ?? '') : 'queue'
    const details = { ...plan.details, filter: rest, queueIds, recipients: ids.length }
    await writeAudit(tx, by, action, object, details)
  }
  return { looked: rows[0]?.[0] ?? 0, changed: ids.length }
}

async function wake(tx: Transaction): Promise<void> {
  tx.notify(queueChannel, '')
  await Promise.resolve()
}
