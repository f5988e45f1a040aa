import { writeAudit } from './audit-trail.ts'
import type { Actor } from './audit.ts'
import type { Database } from './database.ts'
import type { Claim } from './queue.ts'
import {
  changeStep,
  changeStepOf,
  takeStepOf,
  widen,
  type QueueChange,
} from './queue-change-statements.ts'
import { claimedMessages } from './queue-claimed.ts'
import { isActive, type QueueFilter } from './queue-filter.ts'
import { destinationOf, queueChannel } from './queue-insert.ts'
import type { HoldReason } from './queue-operations.ts'
import { finishMessages } from './queue-outcomes.ts'
import { plainLine } from './plain-text.ts'
import type { Transaction } from './statement.ts'
import { newUuid } from './uuid-v7.ts'

/** A change, and what belongs to it in the same transaction. */
interface Plan extends QueueChange {
  /** In the audit trail. */
  readonly action: string
  readonly details?: Readonly<Record<string, unknown>>
  readonly after?: (tx: Transaction, ids: readonly string[]) => Promise<unknown>
}

const operator = { by: 'operator', because: null, values: [] }

/** Now, or when its sender wanted. */
const notBefore = 'greatest(now(), m.release_at)'

const retry: Plan = {
  ...operator,
  kind: 'retried',
  action: 'queue.retried',
  where: () => `r.state = 'waiting' AND r.next_at > ${notBefore}`,
  set: () => `next_at = ${notBefore}`,
  makesDue: true,
  after: wake,
}

const unhold: Plan = {
  ...operator,
  kind: 'released',
  action: 'queue.released',
  where: () => `r.state = 'held'`,
  set: () => `state = 'waiting', released_at = now(),
    next_at = CASE WHEN ${isActive} THEN r.next_at ELSE ${notBefore} END,
    held_at = NULL, held_by = NULL, held_because = NULL, held_rule = NULL`,
  makesDue: true,
  reachesActive: true,
  after: wake,
}

const drop: Plan = {
  ...operator,
  kind: 'dropped',
  action: 'queue.dropped',
  where: () => `r.state IN ('waiting', 'held')`,
  set: () => `state = 'dropped', lease = NULL, worker = NULL`,
  after: (tx, ids) => tx.execute(finishMessages, [ids]),
}

/** Whoever sends them finds the lease gone. */
const dropNow: Plan = { ...drop, reachesActive: true, endsLeases: true }

function hold({ by, because }: HoldReason): Plan {
  const why = plainLine(because)
  return {
    kind: 'held',
    action: 'queue.held',
    by,
    because: why,
    values: [by, why],
    where: () => `r.state = 'waiting'`,
    set: (holder, reason) =>
      `state = 'held', held_at = now(), held_by = ${holder}, held_because = ${reason}, held_rule = NULL`,
    reachesActive: true,
    details: { because: why },
  }
}

/** Whom it was for stays said in reports (RFC 3461 §4.2). */
function redirect(address: string): Plan {
  const isWide = /[^\0-\x7f]/.test(address)
  return {
    ...operator,
    kind: 'redirected',
    action: 'queue.redirected',
    because: `to ${address}`,
    values: [address, destinationOf(address)],
    where: (to) => `r.state IN ('waiting', 'held') AND r.address <> ${to}`,
    set: (to, destination) => `original_recipient = coalesce(r.original_recipient,
        CASE WHEN r.address ~ '^[[:ascii:]]*$' THEN 'rfc822;' ELSE 'utf-8;' END || r.address),
      address = ${to}, destination = ${destination}, next_at = ${notBefore}, lease = NULL, worker = NULL`,
    makesDue: true,
    endsLeases: true,
    details: { address },
    after: async (tx, ids) => {
      if (isWide) await tx.execute(widen, [ids])
      await wake(tx)
    },
  }
}

/** Commands to what waits in the queue. */
export class QueueChanges {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  /** See `QueueOperations.retry`. */
  retry(filter: QueueFilter, by?: Actor): Promise<number> {
    return this.#all(filter, retry, by)
  }

  /** See `QueueOperations.hold`. */
  hold(filter: QueueFilter, why: HoldReason = unsaid, by?: Actor): Promise<number> {
    return this.#all(filter, hold(why), by)
  }

  /** See `QueueOperations.unhold`. */
  unhold(filter: QueueFilter, by?: Actor): Promise<number> {
    return this.#all(filter, unhold, by)
  }

  /** See `QueueOperations.redirect`. */
  redirect(filter: QueueFilter, address: string, by?: Actor): Promise<number> {
    return this.#all(filter, redirect(address), by)
  }

  /** See `QueueOperations.drop`. */
  drop(filter: QueueFilter, by?: Actor): Promise<number> {
    return this.#all(filter, drop, by)
  }

  /** See `QueueOperations.dropNow`. */
  dropNow(filter: QueueFilter, by?: Actor): Promise<number> {
    return this.#all(filter, dropNow, by)
  }

  /** See `QueueOperations.take`. */
  async take(
    filter: QueueFilter,
    { worker, leaseSeconds }: { readonly worker: string; readonly leaseSeconds: number },
  ): Promise<Claim> {
    const token = newUuid()
    const { statement, values } = takeStepOf(filter, [token, worker, leaseSeconds])
    const rows = await this.#database.transact((tx) => tx.query(statement, values), { retry: true })
    return { token, messages: claimedMessages(rows), suppressed: [] }
  }

  /** Step by step, so that no transaction is long: what is done is not found any more by the next step. */
  async #all(filter: QueueFilter, plan: Plan, by: Actor | undefined): Promise<number> {
    let sum = 0
    for (;;) {
      const { found, changed } = await this.#database.transact(
        (tx) => applyStep(tx, filter, plan, by),
        { retry: true },
      )
      sum += changed
      if (found < changeStep) return sum
    }
  }
}

/** Holds what waits and is meant, inside a transaction: a thousand recipients, and the others of their messages. The number of them. */
export async function holdQueued(
  tx: Transaction,
  filter: QueueFilter,
  why: HoldReason,
): Promise<number> {
  const { changed } = await applyStep(tx, filter, hold(why))
  return changed
}

const unsaid: HoldReason = { by: 'operator', because: 'held by an operator' }

async function applyStep(
  tx: Transaction,
  filter: QueueFilter,
  plan: Plan,
  by?: Actor,
): Promise<{ readonly found: number; readonly changed: number }> {
  const { statement, values } = changeStepOf(filter, plan)
  const rows = await tx.query(statement, values)
  const ids = rows.flatMap(([, id]) => id ?? [])
  if (ids.length > 0) await plan.after?.(tx, [...new Set(ids)])
  if (ids.length > 0 && by !== undefined) {
    const { queueIds, ...rest } = filter
    const object = queueIds?.length === 1 ? (queueIds[0] ?? '') : 'queue'
    const meant = Object.keys(rest).length > 0 ? { filter: rest } : {}
    const details = { ...plan.details, ...meant, queueIds, recipients: ids.length }
    await writeAudit(tx, by, plan.action, object, details)
  }
  return { found: rows[0]?.[0] ?? 0, changed: ids.length }
}

async function wake(tx: Transaction): Promise<void> {
  tx.notify(queueChannel, '')
  await Promise.resolve()
}
