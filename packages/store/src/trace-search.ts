import { parseStoreAddress } from './address.ts'
import type { Database } from './database.ts'
import type { AccountId } from './ids.ts'
import { tupleStatement } from './statement.ts'
import type { MailLike } from './trace.ts'

/**
 * The latest messages that came, or were refused, in a time, and are as wanted; $3 so many. Reads every step of that time: for
 * an operator who waits, not for a client. What was said at the first copy of a message (its sender) holds for all of them; the
 * account of what was queued is the one that sent it.
 */
const searchStatement = tupleStatement<readonly [queueId: string]>(
  'trace_search',
  `SELECT t.queue_id FROM trace t
  WHERE t.at >= $1 AND t.at <= $2 AND t.queue_id IS NOT NULL
    AND t.kind IN ('delivered', 'quarantined', 'queued', 'refused')
    AND ($8::text IS NULL OR t.queue_id IN (
      SELECT v.queue_id FROM verdict v WHERE v.at >= $1 AND v.at <= $2 AND v.action = $8))
  GROUP BY t.queue_id
  HAVING ($4::text IS NULL OR bool_or(lower(t.details->>'sender') = $4))
    AND ($5::text IS NULL OR bool_or((t.account_id = $6::uuid AND t.kind <> 'queued') OR lower(t.details->>'to') = $5
      OR lower((t.details->'recipients')::text)::jsonb ? $5))
    AND ($7::text IS NULL OR bool_or(strpos(t.details->>'subject', $7) > 0))
  ORDER BY max(t.at) DESC LIMIT $3`,
)
const ownerStatement = tupleStatement<readonly [AccountId]>(
  'trace_owner',
  `SELECT account_id FROM address
  WHERE domain = coalesce((SELECT alias_of FROM domain WHERE name = $1), $1) AND local_key = $2
    AND account_id IS NOT NULL`,
)

/** Messages that one look-up names. */
const mostMessages = 500

/** The account that an address leads to by itself, also under an alias of its domain; undefined where it is a stranger's, or an alias. */
export async function ownerOf(database: Database, address: string): Promise<AccountId | undefined> {
  const parsed = parseStoreAddress(address)
  if (parsed === undefined) return undefined
  const [owner] = await database.query(ownerStatement, [parsed.domain, parsed.localKey])
  return owner?.[0]
}

/** Queue ids (UUIDs) of messages like this, from `since` to `until`. */
export async function findMail(
  database: Database,
  { sender, recipient, subject, action }: MailLike,
  [since, until]: readonly [since: Date, until: Date, ...unknown[]],
): Promise<readonly string[]> {
  const owner = recipient === undefined ? undefined : await ownerOf(database, recipient)
  const rows = await database.query(searchStatement, [
    since,
    until,
    mostMessages,
    sender?.toLowerCase() ?? null,
    recipient?.toLowerCase() ?? null,
    owner ?? null,
    subject?.toLowerCase() ?? null,
    action ?? null,
  ])
  return rows.map(([queueId]) => queueId)
}
