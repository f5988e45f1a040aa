import { claimedColumns, type ClaimedRow, unrecorded } from './queue-claimed.ts'
import { everywhere, priorities } from './queue-destinations.ts'
import { heldByRule, ruleMatches } from './queue-rule-match.ts'
import { statement, type Statement } from './statement.ts'

/** A claimed recipient, or a destination that was looked at and gave nothing: then all else is null. */
export type ClaimRow =
  | (ClaimedRow & { readonly picked: string })
  | { readonly picked: string; readonly queue_id: null }

/**
 * Before a claim, in its transaction: it takes so few rows that only indexes make sense, which a planner that does not know how
 * few cannot see (of a large table it would read all to join it).
 */
export const byIndex = statement(
  'queue_claim_by_index',
  `SELECT set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true),
    set_config('enable_mergejoin', 'off', true), set_config('enable_bitmapscan', 'off', true)`,
)

const isPausedEverywhere = `EXISTS (SELECT FROM queue_destination e
  WHERE e.destination = '${everywhere}' AND e.resumes_at > now())`

/** Due for the longest time first, whoever they are: $1 those that are busy, $2 so many. */
const pickDue = `SELECT d.destination FROM queue_destination d
  WHERE d.resumes_at IS NULL AND d.due_at <= now() AND d.destination <> ALL ($1::text[]) AND NOT ${isPausedEverywhere}
  ORDER BY d.due_at LIMIT $2`

/** Of those that are named in $7. */
const pickNamed = `SELECT d.destination FROM unnest($7::text[]) AS o (destination) JOIN queue_destination d USING (destination)
  WHERE d.resumes_at IS NULL AND d.due_at <= now() AND d.destination <> ALL ($1::text[]) AND NOT ${isPausedEverywhere}
  ORDER BY d.due_at LIMIT $2`

/** Pauses that are over end with the first claim after. */
const wake = `UPDATE queue_destination d
  SET resumes_at = NULL, paused_at = NULL, paused_by = NULL, paused_because = NULL
  FROM (SELECT destination FROM queue_destination WHERE resumes_at <= now() ORDER BY resumes_at LIMIT 100
    FOR UPDATE SKIP LOCKED) o
  WHERE d.destination = o.destination`

/** Of each destination the most urgent first, then the longest wait; what another worker is just taking is skipped. */
const due = `SELECT o.* FROM picked d CROSS JOIN LATERAL (
    SELECT l.* FROM ${priorities} CROSS JOIN LATERAL (
      SELECT q.queue_id, q.n, q.priority, q.next_at, q.lease IS NOT NULL AS was_abandoned FROM queue_recipient q
      WHERE q.state = 'waiting' AND q.destination = d.destination AND q.priority = p.priority AND q.next_at <= now()
      ORDER BY q.next_at LIMIT $3 FOR UPDATE SKIP LOCKED) l
    LIMIT $3) o`

/** Mail of the postmaster goes to whoever it is for: it may be about just that. */
const suppressed = `(SELECT s.because FROM suppression s WHERE s.address_key = lower(r.address) AND s.since IS NOT NULL
  AND (s.until IS NULL OR s.until > now()) AND m.sender !~* '^postmaster(@|$)') AS suppressed`

/**
 * Destinations are found by when they are due, not by looking at all of them; then rows of each are locked. What a rule holds is
 * held and told of in the trace instead of claimed. An expired lease is due like anything else: `lease` still set tells that
 * its attempt was never recorded, and then the trace does, too.
 */
function claimStatement(name: string, pick: string): Statement<ClaimRow> {
  return statement<ClaimRow>(
    name,
    `WITH woken AS (${wake}
    ), picked AS MATERIALIZED (${pick}
    ), due AS MATERIALIZED (${due}
    ), ruled AS MATERIALIZED (
      SELECT d.*, (SELECT k.rule_id FROM queue_rule k WHERE ${ruleMatches} ORDER BY k.rule_id LIMIT 1) AS rule_id
      FROM due d JOIN queue_message m ON m.queue_id = d.queue_id
        JOIN queue_recipient r ON r.queue_id = d.queue_id AND r.n = d.n
    ), held AS (
      UPDATE queue_recipient r SET ${heldByRule}
      FROM ruled d JOIN queue_rule k ON k.rule_id = d.rule_id
      WHERE r.queue_id = d.queue_id AND r.n = d.n
      RETURNING r.queue_id, r.n, r.address, k.because, k.rule_id
    ), told AS (
      INSERT INTO trace (kind, queue_id, details)
      SELECT 'held', queue_id, json_build_object('to', address, 'n', n, 'by', 'rule', 'rule', rule_id, 'because', because)
      FROM held
    ), claimed AS (
      UPDATE queue_recipient r
      SET lease = $4, worker = $5, next_at = now() + make_interval(secs => $6), attempts = r.attempts + 1
      FROM ruled d JOIN queue_message m ON m.queue_id = d.queue_id
      WHERE d.rule_id IS NULL AND r.queue_id = d.queue_id AND r.n = d.n
      RETURNING ${claimedColumns}, d.priority AS urgency, d.next_at AS was_due, ${suppressed}
    ), lost AS (
      INSERT INTO trace (kind, queue_id, account_id, details)
      SELECT 'unknown', queue_id, account_id, json_build_object('to', address, 'n', n, 'attempt', attempts - 1,
        'text', '${unrecorded}')
      FROM claimed WHERE was_abandoned
    )
    SELECT p.destination AS picked, c.* FROM picked p LEFT JOIN claimed c ON c.destination = p.destination
    ORDER BY c.urgency DESC, c.was_due, c.queue_id, c.n`,
  )
}

/** $1 destinations not wanted, $2 at most so many, $3 recipients of each, $4 token, $5 worker, $6 seconds of the lease. */
export const claimDue = claimStatement('queue_claim', pickDue)

/** The same of destinations that are named: $7. */
export const claimNamed = claimStatement('queue_claim_named', pickNamed)
