import { settingSpecs } from './account-settings.ts'
import { statement, tupleStatement } from './statement.ts'

/** Counts of one account are made one after another, in whatever process. $1: the accounts. */
export const lockStatement = statement(
  'sending_lock',
  `SELECT pg_advisory_xact_lock(k) FROM (
    SELECT DISTINCT hashtextextended('sending ' || id, 0) AS k FROM unnest($1::uuid[]) AS id ORDER BY 1
  ) AS keys`,
)

/** What a crash may forget of the last second is a message too many in a day: not worth waiting for the disk. */
export const lazyStatement = statement('sending_lazy', 'SET LOCAL synchronous_commit = off')

/** A setting that is a number or `unlimited`, as a number. */
function mostOf(name: keyof typeof settingSpecs, fallback: number | 'unlimited'): string {
  const otherwise = fallback === 'unlimited' ? unlimited : fallback
  return `coalesce((SELECT CASE WHEN value ~ '^\\d{1,9}$' THEN value::int
    WHEN value = 'unlimited' THEN ${unlimited} END
    FROM account_setting WHERE account_id = $1::uuid AND name = '${name}'), ${otherwise})`
}

/** The largest integer of Postgres. */
const unlimited = 2_147_483_647

const mostMessages = mostOf('send.messages-per-day', settingSpecs['send.messages-per-day'].fallback)
const mostNewRecipients = mostOf(
  'send.new-recipients-per-day',
  settingSpecs['send.new-recipients-per-day'].fallback,
)

/** The hour of now, since 1970, by the database's clock. */
const thisHour = `floor(extract(epoch FROM now()) / 3600)::int`

/** The hour of now and the 23 before it: 23 to 24 hours. */
const today = `hour > ${thisHour} - 24`

/** Of an account, what it sent in the last day and what it may: one row. $1 account. */
const sums = `SELECT coalesce(sum(messages), 0)::int AS messages, coalesce(sum(new_recipients), 0)::int AS new_recipients,
    ${mostMessages} AS most_messages, ${mostNewRecipients} AS most_new
  FROM account_sent WHERE account_id = $1::uuid AND ${today}`

/** Whether it fits, what was sent before, and how many of the recipients are new. */
export type CountRow = readonly [
  isContained: boolean,
  messages: number,
  newRecipients: number,
  mostMessages: number,
  mostNew: number,
  fresh: number,
]

/**
 * Counts a message where it fits. $1 account, $2 recipients. Under the lock. OFFSET keeps Postgres from reading everybody the
 * account ever wrote to, to find one.
 */
export const countStatement = tupleStatement<CountRow>(
  'sending_count',
  `WITH asked AS (
    SELECT DISTINCT r FROM unnest($2::bigint[]) AS r
  ), fresh AS MATERIALIZED (
    SELECT r FROM asked WHERE NOT EXISTS (
      SELECT FROM account_recipient k WHERE k.account_id = $1::uuid AND k.recipient = r OFFSET 0)
  ), state AS MATERIALIZED (
    SELECT s.*, (SELECT count(*)::int FROM fresh) AS fresh, EXISTS (
      SELECT FROM account_sending c WHERE c.account_id = $1::uuid AND c.contained_at IS NOT NULL) AS is_contained
    FROM (${sums}) s
  ), fitting AS (
    SELECT fresh FROM state WHERE NOT is_contained AND messages < most_messages
      AND (fresh = 0 OR new_recipients + fresh <= most_new)
  ), counted AS (
    INSERT INTO account_sent AS s (account_id, hour, messages, new_recipients)
    SELECT $1::uuid, ${thisHour}, 1, fresh FROM fitting
    ON CONFLICT (account_id, hour) DO UPDATE SET messages = s.messages + 1,
      new_recipients = s.new_recipients + excluded.new_recipients
  ), known AS (
    INSERT INTO account_recipient (account_id, recipient)
    SELECT $1::uuid, r FROM fresh WHERE EXISTS (SELECT FROM fitting) ORDER BY r
  ), old AS (
    DELETE FROM account_sent WHERE account_id = $1::uuid AND hour < ${thisHour} - 48
  )
  SELECT is_contained, messages, new_recipients, most_messages, most_new, fresh FROM state`,
)

/** The hours of the last day, the oldest first, and when each is a day over. $1 account. */
export const hoursStatement = tupleStatement<
  readonly [messages: number, newRecipients: number, over: Date]
>(
  'sending_hours',
  `SELECT messages, new_recipients, to_timestamp((hour + 24) * 3600.0)
  FROM account_sent WHERE account_id = $1::uuid AND ${today} ORDER BY hour`,
)

/** $1 account. */
export const giveBackStatement = statement(
  'sending_give_back',
  `UPDATE account_sent SET messages = messages - 1
  WHERE account_id = $1::uuid AND messages > 0 AND hour = (
    SELECT max(hour) FROM account_sent WHERE account_id = $1::uuid AND messages > 0)`,
)

/** One row of `signs`. */
export interface SignsRow {
  readonly messages: number
  readonly new_recipients: number
  readonly most_messages: number
  readonly most_new: number
  readonly ended: number
  readonly bounced: number
  readonly fresh: number
  readonly is_here: boolean
  readonly known: number
}

/** So many recipients of a day tell how its mail fares; who sends more than that is not counted to the end each time. */
const latest = 2_000

/** $1 account, $2 the client's address. A mobile's network is a /24, a provider's customer a /48. */
export const signsStatement = statement<SignsRow>(
  'sending_signs',
  `WITH since AS MATERIALIZED (
    SELECT greatest(now() - interval '1 day', (
      SELECT released_at FROM account_sending WHERE account_id = $1::uuid)) AS at
  ), place AS (
    SELECT network(set_masklen(network, CASE family(network) WHEN 4 THEN 24 ELSE 48 END)) AS net, min(first_at) AS first_at
    FROM login_place WHERE account_id = $1::uuid GROUP BY 1
  ), places AS (
    SELECT count(*) FILTER (WHERE first_at > s.at)::int AS fresh, count(*) FILTER (WHERE first_at <= s.at)::int AS known,
      coalesce(bool_or(net >>= $2::inet AND first_at > s.at), false) AS is_here
    FROM place, since s
  ), mail AS (
    SELECT count(*) FILTER (WHERE state IN ('delivered', 'bounced'))::int AS ended,
      count(*) FILTER (WHERE state = 'bounced')::int AS bounced
    FROM (
      SELECT r.state FROM (
        SELECT m.queue_id FROM queue_message m
        WHERE m.account_id = $1::uuid AND m.submitted_at > (SELECT at FROM since) AND m.origin = 'submitted'
        ORDER BY m.submitted_at DESC LIMIT ${latest}
      ) m CROSS JOIN LATERAL (SELECT state FROM queue_recipient WHERE queue_id = m.queue_id OFFSET 0) r
      LIMIT ${latest}
    ) AS newest
  )
  SELECT t.messages, t.new_recipients, t.most_messages, t.most_new, mail.ended, mail.bounced,
    places.fresh, places.is_here, places.known
  FROM (${sums}) t, mail, places`,
)

/** $1 account. */
export const isContainedStatement = tupleStatement<readonly [boolean]>(
  'sending_is_contained',
  `SELECT EXISTS (SELECT FROM account_sending WHERE account_id = $1::uuid AND contained_at IS NOT NULL)`,
)
