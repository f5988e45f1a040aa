import { claimedColumns, type ClaimedRow, unrecorded } from './queue-claimed.ts'
import { lowerDue } from './queue-destinations.ts'
import { isActive, meaningOf, type QueueFilter } from './queue-filter.ts'
import { statement, unnamed, type Statement } from './statement.ts'
import type { TraceKind } from './trace-event.ts'

/** Recipients looked for in one transaction. */
export const changeStep = 1_000

/** How many recipients the step found, and one that was changed; null where none was. */
export type ChangeRow = readonly [found: number, queueId: string | null]

/** What a change does to recipients that nobody works on. */
export interface QueueChange {
  readonly kind: TraceKind
  /** Which of them, beside what the filter says; what was changed is not among them any more. Gets the places of `values`. */
  readonly where: (...places: readonly string[]) => string
  /** The assignments; gets the same. */
  readonly set: (...places: readonly string[]) => string
  readonly values: readonly unknown[]
  /** By whom and why, for the trace. */
  readonly by: string
  readonly because: string | null
  /** What is waiting afterwards is due earlier than before. */
  readonly makesDue?: boolean
  /** Also what somebody works on, whose outcome still counts. */
  readonly reachesActive?: boolean
  /** Leases that ran out without an outcome are forgotten: the trace tells of them now. */
  readonly endsLeases?: boolean
}

/** A statement with its values. */
export interface Step<Row> {
  readonly statement: Statement<Row>
  readonly values: readonly unknown[]
}

/**
 * The messages' rows are locked first, in their order, as when outcomes are recorded; then what is meant is looked for again,
 * because it may have changed before the lock.
 */
function lockMeant(meant: string): string {
  return `found AS MATERIALIZED (
      SELECT r.queue_id FROM queue_recipient r JOIN queue_message m ON m.queue_id = r.queue_id
      WHERE m.finished_at IS NULL AND ${meant} LIMIT ${changeStep}
    ), m AS MATERIALIZED (
      SELECT o.* FROM queue_message o
      WHERE o.queue_id = ANY (ARRAY(SELECT queue_id FROM found)) ORDER BY o.queue_id FOR NO KEY UPDATE
    )`
}

/** What the trace says of an attempt under way whose recipient was deleted. */
const deletedUnderWay = 'It was deleted while it was being sent: the message may have arrived.'

/** One step of a change to what the filter means. */
export function changeStepOf(filter: QueueFilter, change: QueueChange): Step<ChangeRow> {
  const meaning = meaningOf(filter)
  const { kind, makesDue = false, reachesActive = false, endsLeases = false } = change
  const values = [...meaning.values, change.by, change.because, ...change.values]
  const first = meaning.values.length + 1
  const own = change.values.map((_, i) => `$${first + 2 + i}`)
  const free = reachesActive ? 'true' : `NOT (${isActive})`
  const meant = `${change.where(...own)} AND ${free} AND ${meaning.sql}`
  const noted = `, due AS (SELECT * FROM done WHERE state = 'waiting'), noted AS (${lowerDue('due')})`
  const text = `WITH ${lockMeant(meant)}, done AS (
      UPDATE queue_recipient r SET ${change.set(...own)} FROM m
      WHERE r.queue_id = m.queue_id AND ${meant}
      RETURNING r.queue_id, r.n, r.address, r.destination, r.next_at, r.state
    ), told AS (
      INSERT INTO trace (kind, queue_id, details)
      SELECT '${kind}', queue_id, json_strip_nulls(json_build_object('to', address, 'n', n,
        'by', $${first}::text, 'because', $${first + 1}::text)) FROM done
    )${makesDue ? noted : ''}${endsLeases ? `, lost AS (${tellLost(meant)})` : ''}
    SELECT (SELECT count(*) FROM found)::int, d.queue_id FROM (VALUES (1)) AS o LEFT JOIN done d ON true`
  return { statement: unnamed(text, 'array'), values }
}

/** As they were before the change: a statement sees nothing of its own. */
function tellLost(meant: string): string {
  return `INSERT INTO trace (kind, queue_id, account_id, details)
    SELECT 'unknown', r.queue_id, m.account_id, json_build_object('to', r.address, 'n', r.n, 'attempt', r.attempts,
      'text', CASE WHEN ${isActive} THEN '${deletedUnderWay}' ELSE '${unrecorded}' END)
    FROM queue_recipient r JOIN m ON m.queue_id = r.queue_id WHERE r.lease IS NOT NULL AND ${meant}`
}

/** Takes what the filter means for a time. Held ones stay held until their end is recorded. */
export function takeStepOf(
  filter: QueueFilter,
  lease: readonly [token: string, worker: string, seconds: number],
): Step<ClaimedRow> {
  const meaning = meaningOf(filter)
  const [token, worker, seconds] = lease.map((_, i) => `$${meaning.values.length + 1 + i}`)
  const meant = `r.state IN ('waiting', 'held') AND NOT (${isActive}) AND ${meaning.sql}`
  const text = `WITH ${lockMeant(meant)}, d AS MATERIALIZED (
    SELECT r.queue_id, r.n, r.lease IS NOT NULL AND r.state = 'waiting' AS was_abandoned
    FROM queue_recipient r JOIN m ON m.queue_id = r.queue_id WHERE ${meant}
  )
  UPDATE queue_recipient r
  SET lease = ${token}::uuid, worker = ${worker}, next_at = now() + make_interval(secs => ${seconds}::float8)
  FROM d JOIN m ON m.queue_id = d.queue_id WHERE r.queue_id = d.queue_id AND r.n = d.n AND ${meant}
  RETURNING ${claimedColumns}, NULL AS suppressed`
  return { statement: unnamed(text), values: [...meaning.values, ...lease] }
}

/** A message that goes to an address beyond ASCII needs SMTPUTF8 (RFC 6531 §3.2). */
export const widen = statement(
  'queue_widen',
  `UPDATE queue_message SET needs_smtputf8 = true WHERE queue_id = ANY ($1::uuid[]) AND NOT needs_smtputf8`,
)
