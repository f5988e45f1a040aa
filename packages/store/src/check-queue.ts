import type { Database } from './database.ts'
import { tupleStatement } from './statement.ts'
import type { Finding } from './store.ts'

/** Rules of the queue and of what is kept aside, each with a query for what breaks it. */
const rules: readonly (readonly [invariant: string, sql: string])[] = [
  [
    'Q1',
    `SELECT 'recipient ' || r.queue_id || ' ' || r.n || ' has no message' FROM queue_recipient r
    WHERE NOT EXISTS (SELECT FROM queue_message m WHERE m.queue_id = r.queue_id)`,
  ],
  [
    'Q2',
    `SELECT 'message ' || m.queue_id || ' has no recipient' FROM queue_message m
    WHERE NOT EXISTS (SELECT FROM queue_recipient r WHERE r.queue_id = m.queue_id)`,
  ],
  [
    'Q3',
    `SELECT 'message ' || m.queue_id || ' is finished, or not, against its recipients' FROM queue_message m
    WHERE (m.finished_at IS NULL) IS DISTINCT FROM EXISTS (
      SELECT FROM queue_recipient r WHERE r.queue_id = m.queue_id AND r.state IN ('waiting', 'held'))`,
  ],
  [
    'Q4',
    `SELECT 'message ' || m.queue_id || ' has no content' FROM queue_message m
    WHERE NOT EXISTS (SELECT FROM content c WHERE c.hash = m.content AND m.size = c.size + octet_length(m.prefix))`,
  ],
  [
    'Q5',
    `SELECT 'recipient ' || r.queue_id || ' ' || r.n || ' is final and still leased' FROM queue_recipient r
    WHERE r.lease IS NOT NULL AND r.state NOT IN ('waiting', 'held')`,
  ],
  [
    'K1',
    `SELECT 'kept aside ' || k.quarantine_id || ' has no content' FROM quarantine k
    WHERE NOT EXISTS (SELECT FROM content c WHERE c.hash = k.content AND k.size = c.size + octet_length(k.prefix))`,
  ],
  [
    'A1',
    `SELECT 'account ' || a.account_id || ' has an address and is removed, or neither' FROM account a
    WHERE EXISTS (SELECT FROM address d WHERE d.account_id = a.account_id)
      = EXISTS (SELECT FROM removed_account r WHERE r.account_id = a.account_id)`,
  ],
  [
    'A2',
    `SELECT 'account ' || a.account_id || ' has no INBOX' FROM address a WHERE a.account_id IS NOT NULL AND NOT EXISTS (
      SELECT FROM mailbox b WHERE b.account_id = a.account_id AND b.name = 'INBOX' AND b.state = 'live')`,
  ],
  [
    'A3',
    `SELECT 'alias ' || d.local_key || '@' || d.domain || ' has no target' FROM address d
    WHERE d.account_id IS NULL AND NOT EXISTS (
      SELECT FROM alias_target t WHERE t.domain = d.domain AND t.local_key = d.local_key)`,
  ],
]

/** The rules of queue (Q), quarantine (K) and accounts (A). Empty when all is well; at most a hundred findings of each. */
export async function checkQueue(database: Database): Promise<readonly Finding[]> {
  const findings: Finding[] = []
  for (const [invariant, sql] of rules) {
    const rule = tupleStatement<readonly [string]>(`check_${invariant}`, `${sql} LIMIT 100`)
    for (const [text] of await database.query(rule)) findings.push({ invariant, text })
  }
  return findings
}
