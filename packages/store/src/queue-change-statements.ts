import { claimedColumns, type ClaimedRow } from './queue-claimed.ts'
import { lowerDue } from './queue-destinations.ts'
import { isActive, isMeant } from './queue-filter.ts'
import { statement, tupleStatement, type Statement } from './statement.ts'
import type { TraceKind } from './trace-event.ts'

/** Messages looked at in one transaction. */
export const changeStep = 1_000

/** How many recipients the step looked at, and one that was changed; null where none was. */
export type ChangeRow = readonly [looked: number, queueId: string | null]

interface Change {
  readonly kind: TraceKind
  /** Places after the filter's: $13 by whom, $14 because of what, for the trace; then the change's own. */
  readonly set: string
  /** Which of those that nobody works on. */
  readonly where: string
  /** True where what is changed is waiting afterwards. */
  readonly makesDue?: boolean
}

/**
 * The messages' rows are locked first, in their order, as when outcomes are recorded; then what is meant is looked for again,
 * because it may have changed before the lock.
 */
function lockMeant(where: string): string {
  return `meant AS MATERIALIZED (
      SELECT r.queue_id FROM queue_recipient r JOIN queue_message m USING (queue_id)
      WHERE m.finished_at IS NULL AND ${where} AND NOT (${isActive}) AND ${isMeant} LIMIT ${changeStep}
    ), m AS MATERIALIZED (
      SELECT o.* FROM queue_message o
      WHERE o.queue_id = ANY (ARRAY(SELECT queue_id FROM meant)) ORDER BY o.queue_id FOR NO KEY UPDATE
    )`
}

function change(name: string, { kind, set, where, makesDue }: Change): Statement<ChangeRow> {
  return tupleStatement(
    name,
    `WITH ${lockMeant(where)}, done AS (
      UPDATE queue_recipient r SET ${set} FROM m
      WHERE r.queue_id = m.queue_id AND ${where} AND NOT (${isActive}) AND ${isMeant}
      RETURNING r.queue_id, r.n, r.address, r.destination, r.next_at, r.state
    ), told AS (
      INSERT INTO trace (kind, queue_id, details)
      SELECT '${kind}', queue_id, json_strip_nulls(json_build_object('to', address, 'n', n,
        'by', $13::text, 'because', $14::text)) FROM done
    )${makesDue === true ? `, due AS (SELECT * FROM done WHERE state = 'waiting'), noted AS (${lowerDue('due')})` : ''}
    SELECT (SELECT count(*) FROM meant)::int, d.queue_id FROM (VALUES (1)) AS o LEFT JOIN done d ON true`,
  )
}

const notBefore = 'greatest(now(), m.release_at)'

/** Due now, or when its sender wanted. */
export const retryStep = change('queue_retry', {
  kind: 'retried',
  set: `next_at = ${notBefore}`,
  where: `r.state = 'waiting' AND r.next_at > ${notBefore}`,
  makesDue: true,
})

/** $15: held by this kind of holder. */
export const holdStep = change('queue_hold', {
  kind: 'held',
  set: `state = 'held', held_at = now(), held_by = $15, held_because = $14, held_rule = NULL`,
  where: `r.state = 'waiting'`,
})

/** Not held any more. */
export const unholdStep = change('queue_unhold', {
  kind: 'released',
  set: `state = 'waiting', next_at = ${notBefore}, lease = NULL, worker = NULL, released_at = now(),
    held_at = NULL, held_by = NULL, held_because = NULL, held_rule = NULL`,
  where: `r.state = 'held'`,
  makesDue: true,
})

/** $15 the address, $16 its domain. Whom it was for stays said in reports (RFC 3461 §4.2). */
export const redirectStep = change('queue_redirect', {
  kind: 'redirected',
  set: `original_recipient = coalesce(r.original_recipient,
      CASE WHEN r.address ~ '^[[:ascii:]]*$' THEN 'rfc822;' ELSE 'utf-8;' END || r.address),
    address = $15, destination = $16, next_at = ${notBefore}`,
  where: `r.state IN ('waiting', 'held') AND r.address <> $15`,
  makesDue: true,
})

/** Ended without a word. */
export const dropStep = change('queue_drop', {
  kind: 'dropped',
  set: `state = 'dropped', lease = NULL, worker = NULL`,
  where: `r.state IN ('waiting', 'held')`,
})

/** $13 token, $14 worker, $15 seconds of the lease. Held ones stay held until their end is recorded. */
export const takeStep = statement<ClaimedRow>(
  'queue_take',
  `WITH ${lockMeant(`r.state IN ('waiting', 'held')`)}, d AS MATERIALIZED (
    SELECT r.queue_id, r.n, r.lease IS NOT NULL AND r.state = 'waiting' AS was_abandoned
    FROM queue_recipient r JOIN m USING (queue_id)
    WHERE r.state IN ('waiting', 'held') AND NOT (${isActive}) AND ${isMeant}
  )
  UPDATE queue_recipient r SET lease = $13, worker = $14, next_at = now() + make_interval(secs => $15)
  FROM d JOIN m USING (queue_id)
  WHERE r.queue_id = d.queue_id AND r.n = d.n AND NOT (${isActive}) AND r.state IN ('waiting', 'held')
  RETURNING ${claimedColumns}, NULL AS suppressed`,
)

/** A message that goes to an address beyond ASCII needs SMTPUTF8 (RFC 6531 §3.2). */
export const widen = statement(
  'queue_widen',
  `UPDATE queue_message SET needs_smtputf8 = true WHERE queue_id = ANY ($1::uuid[]) AND NOT needs_smtputf8`,
)
