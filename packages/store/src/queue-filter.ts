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

/** True of recipient `r` that somebody works on. */
export const isActive = `r.state = 'waiting' AND r.lease IS NOT NULL AND r.next_at > now()`

/** True of recipient `r` of message `m` that the values of `filterValues` mean, bound to the first twelve places. */
export const isMeant = `($1::uuid[] IS NULL OR r.queue_id = ANY ($1)) AND ($2::text IS NULL OR r.destination = $2)
  AND ($3::text IS NULL OR lower(m.sender) = $3)
  AND ($4::text IS NULL OR CASE $4
    WHEN 'active' THEN ${isActive}
    WHEN 'deferred' THEN r.state = 'waiting' AND r.last_at IS NOT NULL
    ELSE r.state = $4 END)
  AND ($5::float8 IS NULL OR m.submitted_at < now() - make_interval(secs => $5))
  AND ($6::text IS NULL OR lower(substring(m.sender FROM '@([^@]*)$')) = $6)
  AND ($7::text IS NULL OR lower(r.address) = $7)
  AND ($8::uuid IS NULL OR m.account_id = $8)
  AND ($9::bigint IS NULL OR m.size > $9)
  AND ($10::text IS NULL OR m.origin = $10)
  AND ($11::text IS NULL OR r.held_by = $11)
  AND ($12::integer IS NULL OR r.held_rule = $12)`

/** The first place that is free after the filter's. */
export const firstFree = 13

/** An id that cannot be one means no row, not every row. */
export function filterValues(filter: QueueFilter): readonly unknown[] {
  return [
    filter.queueIds?.flatMap((id) => uuidFromBase32(id) ?? []) ?? null,
    filter.destination?.toLowerCase() ?? null,
    filter.sender?.toLowerCase() ?? null,
    filter.state ?? null,
    filter.olderThanSeconds ?? null,
    filter.senderDomain?.toLowerCase() ?? null,
    filter.recipient?.toLowerCase() ?? null,
    filter.account ?? null,
    filter.largerThanBytes ?? null,
    filter.origin ?? null,
    filter.heldBy ?? null,
    filter.rule ?? null,
  ]
}
