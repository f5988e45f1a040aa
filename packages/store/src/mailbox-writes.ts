import type { AccountId, MailboxId } from './ids.ts'
import { setOf } from './keyword-sets.ts'
import { statement, tupleStatement, type Queries } from './statement.ts'
import { detailsText, rangesText, type TraceEvent } from './trace-event.ts'

/** The next modseq: never issued twice, even after commits were lost, and it dates every change (STORE.md). */
export const nextModSeq = (step: string): string =>
  `greatest(h.modseq + ${step}, floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint)`

/** One row for the log, and what it does to the counters. */
export interface LogWrite {
  readonly kind: 'flags' | 'expunge'
  readonly commands: number
  readonly payload: Buffer
  readonly total: number
  readonly unseen: number
  readonly deleted: number
  readonly bytes: number
  /** Of a MOVE. */
  readonly operation?: string
  /** For the trace, written in the same statement. */
  readonly told?: readonly Pick<TraceEvent, 'kind' | 'uids' | 'details'>[]
}

/** Where the head stood when the row was written. */
export interface LogWritten {
  readonly modSeq: number
  readonly uidNext: number
}

const appendLogText = (told: string): string => `WITH m AS (
    UPDATE mailbox_head h
    SET modseq = ${nextModSeq('$4::int')}, change_seq = h.change_seq + 1, total = h.total + $5::int,
      unseen = h.unseen + $6::int, deleted = h.deleted + $7::int, bytes = h.bytes + $8::bigint
    WHERE h.account_id = $1::uuid AND h.mailbox_id = $2::bigint AND h.live
      AND h.change_seq = $3::bigint
    RETURNING h.modseq, h.change_seq, h.uid_next
  ), l AS (
    INSERT INTO mailbox_log (account_id, mailbox_id, modseq, change_seq, n, kind, payload, op_id)
    SELECT $1::uuid, $2::bigint, m.modseq, m.change_seq, $4::int, $9, $10::bytea, $11::uuid FROM m
  )${told}
  SELECT m.modseq, m.uid_next FROM m`

const appendLogStatement = tupleStatement<readonly [number, number]>(
  'mailbox_log_append',
  appendLogText(''),
)
const appendToldStatement = tupleStatement<readonly [number, number]>(
  'mailbox_log_append_told',
  appendLogText(`, t AS (
    INSERT INTO trace (kind, account_id, mailbox_id, uids, details)
    SELECT e.kind, $1::uuid, $2::bigint, e.uids::int8multirange, e.details::json
    FROM m CROSS JOIN unnest($12::text[], $13::text[], $14::text[]) AS e (kind, uids, details)
  )`),
)

/**
 * Writes a row of the log and the head's new counters in one statement, if the mailbox still stands at `changeSeq`.
 * Undefined: it does not (or is gone); nothing was written.
 */
export async function appendLog(
  queries: Queries,
  account: AccountId,
  mailbox: MailboxId,
  changeSeq: number,
  write: LogWrite,
): Promise<LogWritten | undefined> {
  const { told = [] } = write
  const values = [
    account,
    mailbox,
    changeSeq,
    write.commands,
    write.total,
    write.unseen,
    write.deleted,
    write.bytes,
    write.kind,
    write.payload,
    write.operation ?? null,
  ]
  const [row] =
    told.length === 0
      ? await queries.query(appendLogStatement, values)
      : await queries.query(appendToldStatement, [
          ...values,
          told.map(({ kind }) => kind),
          told.map(({ uids = [] }) => rangesText(uids)),
          told.map(({ details }) => detailsText(details)),
        ])
  return row && { modSeq: row[0], uidNext: row[1] }
}

const lockHeadsStatement = tupleStatement<readonly [number, number, number]>(
  'mailbox_heads_lock',
  `SELECT mailbox_id, change_seq, uid_next FROM mailbox_head
  WHERE account_id = $1::uuid AND mailbox_id = ANY ($2::bigint[]) AND live
  ORDER BY mailbox_id FOR NO KEY UPDATE`,
)

/** Locks heads of one account in the order every transaction keeps; heads that are gone are missing. */
export async function lockHeads(
  queries: Queries,
  account: AccountId,
  mailboxes: readonly MailboxId[],
): Promise<ReadonlyMap<number, { readonly changeSeq: number; readonly uidNext: number }>> {
  const rows = await queries.query(lockHeadsStatement, [account, mailboxes])
  return new Map(rows.map(([id, changeSeq, uidNext]) => [id, { changeSeq, uidNext }]))
}

const claimRecentStatement = tupleStatement<readonly [number, number]>(
  'mailbox_recent_claim',
  `UPDATE mailbox_head h SET recent_uid = h.uid_next
  FROM (
    SELECT recent_uid FROM mailbox_head
    WHERE account_id = $1::uuid AND mailbox_id = $2::bigint AND recent_uid < uid_next
    FOR NO KEY UPDATE
  ) AS before
  WHERE h.account_id = $1::uuid AND h.mailbox_id = $2::bigint
  RETURNING before.recent_uid, h.uid_next`,
)

/** Takes the \Recent messages, [first, end) by UID, for one session (RFC 3501 §2.3.2). Undefined: there are none. */
export async function claimRecent(
  queries: Queries,
  account: AccountId,
  mailbox: MailboxId,
): Promise<{ readonly first: number; readonly end: number } | undefined> {
  const [row] = await queries.query(claimRecentStatement, [account, mailbox])
  return row && { first: row[0], end: row[1] }
}

/** Entries to make, in columns. All uuids, bigints and ints: arrays of those are fast, arrays of bytea are not. */
export interface NewEntries {
  readonly accounts: readonly AccountId[]
  readonly mailboxes: readonly MailboxId[]
  readonly messageIds: readonly number[]
  readonly flags: readonly number[]
  readonly sizes: readonly number[]
  readonly received: readonly number[]
}

/** One entry as it was made. */
export type MadeEntry = readonly [
  account: string,
  mailbox: number,
  uid: number,
  messageId: number,
  modSeq: number,
]

/**
 * Takes UIDs and a modseq per mailbox, counts, and makes the entries. Heads are locked by (account, mailbox): unordered,
 * 15 of 45 groups met in deadlocks. LATERAL, because a join planned while the table was small would read all heads for ever.
 * A mailbox that is gone leaves `uid` null, which fails the whole statement (23502).
 * change_seq stands: deliveries check nothing and disturb no STORE.
 */
const makeEntriesText = (given: string, keywords: string): string =>
  `WITH asked AS (
    SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::int[], $5::int[], $6::bigint[]${given})
      WITH ORDINALITY AS a (account_id, mailbox_id, message_id, flags, size, received${keywords}, ord)
  ), box AS (
    SELECT account_id, mailbox_id, count(*)::int AS n, sum(size) AS bytes,
      (count(*) FILTER (WHERE flags & 1 = 0))::int AS unseen,
      (count(*) FILTER (WHERE flags & 8 <> 0))::int AS deleted
    FROM asked GROUP BY account_id, mailbox_id
  ), locked AS MATERIALIZED (
    SELECT h.account_id, h.mailbox_id, b.n, b.bytes, b.unseen, b.deleted
    FROM (SELECT * FROM box ORDER BY account_id, mailbox_id) b
    CROSS JOIN LATERAL (
      SELECT h.account_id, h.mailbox_id FROM mailbox_head h
      WHERE h.account_id = b.account_id AND h.mailbox_id = b.mailbox_id AND h.live
      FOR NO KEY UPDATE
    ) h
  ), moved AS (
    UPDATE mailbox_head h
    SET uid_next = h.uid_next + k.n, modseq = ${nextModSeq('1')}, total = h.total + k.n,
      unseen = h.unseen + k.unseen, deleted = h.deleted + k.deleted, bytes = h.bytes + k.bytes
    FROM locked k
    WHERE h.account_id = k.account_id AND h.mailbox_id = k.mailbox_id
    RETURNING h.account_id, h.mailbox_id, h.uid_next - k.n AS first_uid, h.modseq
  )
  INSERT INTO entry (account_id, mailbox_id, uid, message_id, received, modseq, flags, size${keywords})
  SELECT a.account_id, a.mailbox_id,
    m.first_uid - 1 + row_number() OVER (PARTITION BY a.account_id, a.mailbox_id ORDER BY a.ord),
    a.message_id, a.received, m.modseq, a.flags, a.size${keywords && ', a.keywords::smallint[]'}
  FROM asked a
  LEFT JOIN moved m ON m.account_id = a.account_id AND m.mailbox_id = a.mailbox_id`

const plainText = makeEntriesText('', '')
/** For messages of which some have keywords beyond the flag word. */
const keywordsText = makeEntriesText(', $7::text[]', ', keywords')
const made = ' RETURNING account_id, mailbox_id, uid, message_id, modseq'

const makeStatements = {
  plain: tupleStatement<MadeEntry>('entries_make', plainText + made),
  keywords: tupleStatement<MadeEntry>('entries_make_keywords', keywordsText + made),
}

const enterStatements = {
  plain: statement('entries_enter', plainText),
  keywords: statement('entries_enter_keywords', keywordsText),
}

/** Enters messages into mailboxes. Their message rows are written already: the mailbox is locked last. */
export function makeEntries(queries: Queries, entries: NewEntries): Promise<readonly MadeEntry[]> {
  const { values, kind } = valuesOf(entries)
  return queries.query(makeStatements[kind], values)
}

/** The same where nobody asks what was made: COPY of 10,000 knows its UIDs from the lock. */
export async function enterMessages(queries: Queries, entries: NewEntries): Promise<void> {
  const { values, kind } = valuesOf(entries)
  await queries.execute(enterStatements[kind], values)
}

function valuesOf(entries: NewEntries): {
  readonly values: readonly unknown[]
  readonly kind: keyof typeof makeStatements
} {
  const sets = entries.flags.map(setOf)
  const values = [
    entries.accounts,
    entries.mailboxes,
    entries.messageIds,
    entries.flags.map((flags) => flags | 0),
    entries.sizes,
    entries.received,
  ]
  if (sets.every((set) => set.length === 0)) return { values, kind: 'plain' }
  const keywords = sets.map((set) => (set.length === 0 ? null : `{${set.join(',')}}`))
  return { values: [...values, keywords], kind: 'keywords' }
}
