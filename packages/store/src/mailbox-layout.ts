import type { Database } from './database.ts'
import { mailboxId, type AccountId, type MailboxId } from './ids.ts'
import type { MailboxLayout } from './mailboxes.ts'
import { searchVersion } from './search-segment.ts'
import { tupleStatement } from './statement.ts'

type LayoutRow = readonly [mailbox: number, segments: number, indexed: number, isStale: boolean]

/** Reads the narrow columns of a mailbox's segments alone: its large ones are kept out of line. */
const layoutStatement = tupleStatement<LayoutRow>(
  'mailboxes_layout',
  `SELECT h.mailbox_id, f.segments, s.indexed, s.is_stale
  FROM mailbox_head h
  CROSS JOIN LATERAL (
    SELECT count(*) AS segments FROM mailbox_segment f
    WHERE f.account_id = h.account_id AND f.mailbox_id = h.mailbox_id
  ) f
  CROSS JOIN LATERAL (
    SELECT coalesce(sum(s.messages), 0)::bigint AS indexed, coalesce(bool_or(s.is_stale), false) AS is_stale
    FROM search_segment s
    WHERE s.account_id = h.account_id AND s.mailbox_id = h.mailbox_id AND s.version = ${searchVersion}
  ) s
  WHERE h.account_id = $1::uuid AND h.live`,
)

/** What has been made ready of each of an account's mailboxes. */
export async function mailboxLayouts(
  database: Database,
  account: AccountId,
): Promise<ReadonlyMap<MailboxId, MailboxLayout>> {
  const rows = await database.query(layoutStatement, [account])
  return new Map(
    rows.map(([id, segments, indexed, isStale]) => [mailboxId(id), { segments, indexed, isStale }]),
  )
}
