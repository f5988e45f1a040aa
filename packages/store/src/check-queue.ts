import type { Database } from './database.ts'
import { tupleStatement } from './statement.ts'
import type { Finding } from './store.ts'

/** Tables about an account that go with it, and have no foreign key. */
export const accountTables = ['keyword', 'subscription', 'quota'] as const

/** True of a row whose account is gone. */
export const withoutAccount = (row: string): string =>
  `NOT EXISTS (SELECT FROM account a WHERE a.account_id = ${row}.account_id)`

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
    'Q6',
    `SELECT 'destination ' || r.destination || ' is due later than its recipients' FROM queue_recipient r
    WHERE r.state = 'waiting' AND NOT EXISTS (SELECT FROM queue_destination d
      WHERE d.destination = r.destination AND d.due_at <= r.next_at) GROUP BY r.destination`,
  ],
  [
    'Q7',
    `SELECT 'recipient ' || r.queue_id || ' ' || r.n || ' is held by nobody' FROM queue_recipient r
    WHERE r.state = 'held' AND (r.held_by IS NULL OR r.held_at IS NULL)`,
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
  [
    'A4',
    `SELECT DISTINCT 'account ' || m.account_id || ' has mailboxes and does not exist' FROM mailbox m
    WHERE ${withoutAccount('m')}`,
  ],
  [
    'D1',
    `SELECT d.local_key || '@' || d.domain || ' stands in an alias of ' || o.alias_of || ': its mail goes to that domain'
    FROM address d JOIN domain o ON o.name = d.domain WHERE o.alias_of IS NOT NULL`,
  ],
  [
    'D2',
    `SELECT 'domain ' || o.name || ' is an alias of ' || t.name || ', which is an alias itself'
    FROM domain o JOIN domain t ON t.name = o.alias_of WHERE t.alias_of IS NOT NULL`,
  ],
  ...accountTables.map((table): readonly [string, string] => [
    'A5',
    `SELECT DISTINCT 'account ' || r.account_id || ' does not exist and has rows of ${table}' FROM ${table} r
    WHERE ${withoutAccount('r')}`,
  ]),
]

/** The rules of queue (Q), quarantine (K), accounts (A) and domains (D). Empty when all is well; at most a hundred findings of each. */
export async function checkQueue(database: Database): Promise<readonly Finding[]> {
  const findings: Finding[] = []
  for (const [i, [invariant, sql]] of rules.entries()) {
    const rule = tupleStatement<readonly [string]>(`check_rule_${i}`, `${sql} LIMIT 100`)
    for (const [text] of await database.query(rule)) findings.push({ invariant, text })
  }
  return findings
}
