import type { Database } from './database.ts'
import { accountId, mailboxId, type AccountId } from './ids.ts'
import { unnamed } from './statement.ts'
import type { Finding } from './store.ts'

/** A rule about a whole table: the query gives account, mailbox and text of what breaks it. */
export type Sweep = readonly [invariant: string, sql: string]

type PlaceRow = readonly [AccountId | null, number | null, string]

/** Rules that heads, entries, messages and contents have among them (I3, I4, I6). */
const sweeps: readonly Sweep[] = [
  [
    'I4',
    `SELECT e.account_id, e.mailbox_id, 'entry ' || e.uid || ' is at or above UIDNEXT'
    FROM entry e JOIN mailbox_head h ON h.account_id = e.account_id AND h.mailbox_id = e.mailbox_id
    WHERE e.uid >= h.uid_next OR e.modseq > h.modseq`,
  ],
  [
    'I4',
    `SELECT h.account_id, h.mailbox_id, '\\Recent begins at ' || h.recent_uid || ', above UIDNEXT'
    FROM mailbox_head h WHERE h.recent_uid > h.uid_next`,
  ],
  [
    'I4',
    `SELECT b.account_id, b.mailbox_id, 'the checkpoint has a UIDNEXT above the head''s'
    FROM mailbox_base b JOIN mailbox_head h ON h.account_id = b.account_id AND h.mailbox_id = b.mailbox_id
    WHERE b.uid_next > h.uid_next`,
  ],
  [
    'I3',
    `SELECT b.account_id, b.mailbox_id, 'expunges are forgotten up to a modseq above the floor'
    FROM mailbox_base b WHERE b.expunge_floor > b.floor`,
  ],
  [
    'I3',
    `SELECT l.account_id, l.mailbox_id, 'log row ' || l.modseq || ' is above the head'
    FROM mailbox_log l
    JOIN mailbox_head h ON h.account_id = l.account_id AND h.mailbox_id = l.mailbox_id
    WHERE l.modseq > h.modseq OR l.change_seq > h.change_seq`,
  ],
  [
    'I6',
    `SELECT e.account_id, e.mailbox_id, 'entry ' || e.uid || ' has no message ' || e.message_id
    FROM entry e WHERE NOT EXISTS (
      SELECT FROM message m WHERE m.account_id = e.account_id AND m.message_id = e.message_id)`,
  ],
  [
    'I6',
    `SELECT m.account_id, NULL::bigint, 'message ' || m.message_id || ' has no content'
    FROM message m WHERE NOT EXISTS (SELECT FROM content c WHERE c.hash = m.content)`,
  ],
  [
    'I6',
    `SELECT NULL::uuid, NULL::bigint, 'content ' || encode(c.hash, 'hex') || ' lacks chunks'
    FROM content c WHERE c.size > 262144 AND (
      SELECT count(*) FROM content_chunk k WHERE k.hash = c.hash
    ) <> (c.size - 1) / 262144`,
  ],
  [
    'I6',
    `SELECT NULL::uuid, NULL::bigint, 'chunk of missing content ' || encode(k.hash, 'hex')
    FROM content_chunk k WHERE NOT EXISTS (SELECT FROM content c WHERE c.hash = k.hash)`,
  ],
  [
    'I4',
    `SELECT m.account_id, m.mailbox_id, 'mailbox and head do not match'
    FROM mailbox m LEFT JOIN mailbox_head h
      ON h.account_id = m.account_id AND h.mailbox_id = m.mailbox_id
    WHERE h.live IS DISTINCT FROM (m.state = 'live')`,
  ],
  [
    'I4',
    `SELECT h.account_id, h.mailbox_id, 'head without a mailbox'
    FROM mailbox_head h LEFT JOIN mailbox m
      ON h.account_id = m.account_id AND h.mailbox_id = m.mailbox_id
    WHERE m.mailbox_id IS NULL`,
  ],
]

/** The places where these rules are broken, a hundred for each at most. */
export async function sweepTables(
  database: Database,
  rules: readonly Sweep[] = sweeps,
): Promise<readonly Finding[]> {
  const findings: Finding[] = []
  for (const [invariant, sql] of rules) {
    const sweep = unnamed<PlaceRow>(`${sql} LIMIT 100`, 'array')
    for (const [account, mailbox, text] of await database.query(sweep)) {
      findings.push({
        invariant,
        text,
        ...(account !== null && { account: accountId(account) }),
        ...(mailbox !== null && { mailbox: mailboxId(mailbox) }),
      })
    }
  }
  return findings
}
