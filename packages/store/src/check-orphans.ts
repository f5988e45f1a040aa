import { unreferenced } from './collect-contents.ts'
import type { Database } from './database.ts'
import type { Finding } from './store.ts'
import { sweepTables } from './sweep-tables.ts'
import { traceDays } from './trace-partitions.ts'

/** A rule about rows that have lost what they belong to. */
export interface OrphanRule {
  /** How a finding of it begins. */
  readonly what: RegExp
  /** Gives account, mailbox and text of what breaks it. */
  readonly sql: string
  /** Mends it, right whenever it runs. Without one: the keepers' way is taken. */
  readonly mend?: string
}

/** Contents go a day after their last reference, partitions a day after their time: a week later somebody should ask why. */
const graceDays = 8

const withoutMailbox = (row: string): string => `NOT EXISTS (
  SELECT FROM mailbox m WHERE m.account_id = ${row}.account_id AND m.mailbox_id = ${row}.mailbox_id)`
const withoutHead = (row: string): string => `NOT EXISTS (
  SELECT FROM mailbox_head h WHERE h.account_id = ${row}.account_id AND h.mailbox_id = ${row}.mailbox_id)`
const withoutEntries = (row: string): string => `NOT EXISTS (
  SELECT FROM entry e WHERE e.account_id = ${row}.account_id AND e.mailbox_id = ${row}.mailbox_id)`

/** Rows of a mailbox that mean nothing without its entries. */
const remains = [
  'mailbox_log',
  'mailbox_base',
  'mailbox_page',
  'mailbox_segment',
  'search_segment',
].map((table): OrphanRule => {
  const isOrphan = `${withoutMailbox('r')} AND ${withoutHead('r')} AND ${withoutEntries('r')}`
  return {
    what: new RegExp(`^rows of ${table} without`),
    sql: `SELECT DISTINCT r.account_id, r.mailbox_id, 'rows of ${table} without a mailbox'
      FROM ${table} r WHERE ${isOrphan}`,
    mend: `DELETE FROM ${table} r WHERE ${isOrphan}`,
  }
})

/** I13. Whatever is committed is complete, and what is purged goes whole: a single statement sees no half of either. */
export const orphanRules: readonly OrphanRule[] = [
  {
    what: /^message \d+ stands in no mailbox/,
    // An entry that was expunged keeps its message until both are purged, in one transaction.
    sql: `SELECT m.account_id, NULL::bigint, 'message ' || m.message_id || ' stands in no mailbox'
      FROM message m WHERE NOT EXISTS (
        SELECT FROM entry e WHERE e.account_id = m.account_id AND e.message_id = m.message_id)`,
    mend: `DELETE FROM message m WHERE NOT EXISTS (
      SELECT FROM entry e WHERE e.account_id = m.account_id AND e.message_id = m.message_id)`,
  },
  {
    what: /^entries without a mailbox/,
    sql: `SELECT DISTINCT e.account_id, e.mailbox_id, 'entries without a mailbox' FROM entry e
      WHERE ${withoutMailbox('e')} AND ${withoutHead('e')}`,
    // There is mail in it: it gets a head, and that the mailbox of a head that lost its own.
    mend: `INSERT INTO mailbox_head (account_id, mailbox_id, modseq, uid_next)
      SELECT e.account_id, e.mailbox_id,
        greatest(max(e.modseq), floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint), max(e.uid) + 1
      FROM entry e WHERE ${withoutMailbox('e')} AND ${withoutHead('e')}
      GROUP BY e.account_id, e.mailbox_id`,
  },
  ...remains,
  {
    what: /^content [0-9a-f]+ is referred to by nothing/,
    sql: `SELECT NULL::uuid, NULL::bigint,
        'content ' || encode(c.hash, 'hex') || ' is referred to by nothing, since ' || c.last_ref::date
      FROM content c WHERE c.last_ref < now() - interval '${graceDays} days' AND ${unreferenced('c')}`,
  },
  {
    what: /^partition \S+ is past its time/,
    sql: `SELECT NULL::uuid, NULL::bigint, 'partition ' || c.relname || ' is past its time'
      FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
      WHERE c.relname ~ '_[0-9]{8}$' AND right(c.relname, 8)
        < to_char((now() - interval '${traceDays + graceDays} days') AT TIME ZONE 'UTC', 'YYYYMMDD')`,
  },
]

/** I13: nothing stands without what it belongs to. */
export function checkOrphans(database: Database): Promise<readonly Finding[]> {
  return sweepTables(
    database,
    orphanRules.map(({ sql }) => ['I13', sql]),
  )
}
