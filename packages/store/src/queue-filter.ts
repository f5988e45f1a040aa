import type { AccountId } from './ids.ts'
import type { HoldReason } from './queue-operations.ts'
import type { QueueOrigin } from './queue-submission.ts'
import { uuidFromBase32 } from './uuid-v7.ts'

/** Which recipients a command means: all that is given must be true. Nothing given means all that are unfinished. */
export interface QueueFilter {
  readonly queueIds?: readonly string[]
  readonly destination?: string
  readonly sender?: string
  readonly senderDomain?: string
  readonly recipient?: string
  readonly account?: AccountId
  readonly state?: 'waiting' | 'active' | 'deferred' | 'held'
  readonly olderThanSeconds?: number
  readonly largerThanBytes?: number
  readonly origin?: QueueOrigin
  readonly heldBy?: HoldReason['by']
  /** Held by this rule. */
  readonly rule?: number
  /** Of a list: so many at most. */
  readonly limit?: number
}

/** True of recipient `r` that somebody works on; it may have been held since. */
export const isActive = `r.state IN ('waiting', 'held') AND r.lease IS NOT NULL AND r.next_at > now()`

/** A filter as a condition on recipient `r` of message `m`, and the values of its places. */
export interface QueueMeaning {
  readonly sql: string
  readonly values: readonly unknown[]
}

/** What a state is in the table. */
const states: Readonly<Record<NonNullable<QueueFilter['state']>, string>> = {
  waiting: `r.state = 'waiting'`,
  active: isActive,
  deferred: `r.state = 'waiting' AND r.last_at IS NOT NULL`,
  held: `r.state = 'held'`,
}

/**
 * Only what is asked for is in the condition, so that an index is used where there is one. An id that cannot be one means no
 * row, not every row. Places are counted from $1.
 */
export function meaningOf(filter: QueueFilter): QueueMeaning {
  const conditions = ['true']
  const values: unknown[] = []
  const add = (value: unknown, condition: (place: string) => string): void => {
    if (value === undefined) return
    values.push(value)
    conditions.push(condition(`$${values.length}`))
  }
  const ids = filter.queueIds?.flatMap((id) => uuidFromBase32(id) ?? [])
  add(ids, (p) => `r.queue_id = ANY (${p}::uuid[]) AND m.queue_id = ANY (${p}::uuid[])`)
  add(filter.destination?.toLowerCase(), (p) => `r.destination = ${p}`)
  add(filter.sender?.toLowerCase(), (p) => `lower(m.sender) = ${p}`)
  const senderDomain = `lower(substring(m.sender FROM '@([^@]*)$'))`
  add(filter.senderDomain?.toLowerCase(), (p) => `${senderDomain} = ${p}`)
  add(filter.recipient?.toLowerCase(), (p) => `lower(r.address) = ${p}`)
  add(filter.account, (p) => `m.account_id = ${p}::uuid`)
  add(
    filter.olderThanSeconds,
    (p) => `m.submitted_at < now() - make_interval(secs => ${p}::float8)`,
  )
  add(filter.largerThanBytes, (p) => `m.size > ${p}::bigint`)
  add(filter.origin, (p) => `m.origin = ${p}`)
  add(filter.heldBy, (p) => `r.held_by = ${p}`)
  add(filter.rule, (p) => `r.held_rule = ${p}::integer`)
  if (filter.state !== undefined) conditions.push(`(${states[filter.state]})`)
  return { sql: conditions.join(' AND '), values }
}
