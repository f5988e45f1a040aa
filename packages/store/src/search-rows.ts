import { copyOut, sqlText } from './copy-out.ts'
import type { Database } from './database.ts'
import type { AccountId, MailboxId } from './ids.ts'
import { indexedFields, type IndexedField } from './search-fields.ts'
import { searchVersion, type PackedSegment } from './search-segment.ts'
import { statement, tupleStatement, type Transaction } from './statement.ts'

/** Where a segment stands and what state it is in. */
export interface SegmentPlace {
  readonly first: number
  readonly last: number
  readonly messages: number
  readonly characters: number
  readonly isStale: boolean
}

/** A segment's row, as far as it was asked for. */
export interface SegmentRow {
  readonly first: number
  readonly last: number
  readonly messages: number
  readonly uids: Buffer
  readonly dictionaries: ReadonlyMap<IndexedField, Buffer>
}

const placesStatement = tupleStatement<readonly [number, number, number, number, boolean]>(
  'search_places',
  `SELECT first_uid, last_uid, messages, characters, is_stale FROM search_segment
  WHERE account_id = $1::uuid AND mailbox_id = $2::bigint AND version = ${searchVersion}
  ORDER BY first_uid`,
)
const forgetStatement = statement(
  'search_forget',
  `DELETE FROM search_segment
  WHERE account_id = $1::uuid AND mailbox_id = $2::bigint AND version <> ${searchVersion}`,
)
/**
 * The mailbox must live on: its head is kept from being deleted until this is committed. FOR KEY SHARE, so that no delivery
 * waits. A row that was marked stale meanwhile stays so.
 */
const writeStatement = statement(
  'search_write',
  `WITH head AS (
    SELECT account_id, mailbox_id FROM mailbox_head
    WHERE account_id = $1::uuid AND mailbox_id = $2::bigint AND live FOR KEY SHARE
  )
  INSERT INTO search_segment AS s (account_id, mailbox_id, first_uid, last_uid, version, messages, characters, uids,
    from_words, to_words, cc_words, bcc_words, subject_words, header_words, body_words)
  SELECT account_id, mailbox_id, $3::bigint, $4::bigint, ${searchVersion}, $5::int, $6::int, $7::bytea,
    $8::bytea, $9::bytea, $10::bytea, $11::bytea, $12::bytea, $13::bytea, $14::bytea FROM head
  ON CONFLICT (account_id, mailbox_id, first_uid) DO UPDATE SET last_uid = excluded.last_uid,
    version = excluded.version, is_stale = s.is_stale AND NOT $15::boolean, messages = excluded.messages,
    characters = excluded.characters, uids = excluded.uids, from_words = excluded.from_words,
    to_words = excluded.to_words, cc_words = excluded.cc_words, bcc_words = excluded.bcc_words,
    subject_words = excluded.subject_words, header_words = excluded.header_words, body_words = excluded.body_words`,
)
const markStatement = statement(
  'search_mark_stale',
  `UPDATE search_segment SET is_stale = true
  WHERE account_id = $1::uuid AND mailbox_id = $2::bigint AND first_uid <= $4::bigint AND last_uid >= $3::bigint
    AND NOT is_stale`,
)

/** The segments of a mailbox, ascending. Those that were made by other rules are left out. */
export async function segmentPlaces(
  database: Database,
  account: AccountId,
  mailbox: MailboxId,
): Promise<readonly SegmentPlace[]> {
  const rows = await database.read(placesStatement, [account, mailbox])
  return rows.map(([first, last, messages, characters, isStale]) => {
    return { first, last, messages, characters, isStale }
  })
}

/** Reads segments that begin at these UIDs with the dictionaries of these fields. Those that are gone are missing. */
export async function readSegments(
  database: Database,
  account: AccountId,
  mailbox: MailboxId,
  firsts: readonly number[],
  fields: readonly IndexedField[],
): Promise<readonly SegmentRow[]> {
  const columns = ['first_uid', 'last_uid', 'messages', 'uids', ...fields.map(columnOf)]
  const select = `SELECT ${columns.join(', ')} FROM search_segment
    WHERE account_id = ${sqlText.uuid(account)} AND mailbox_id = ${sqlText.integer(mailbox)}
      AND first_uid = ANY (${sqlText.integers(firsts)}) AND version = ${searchVersion}`
  const rows: SegmentRow[] = []
  await database.bulk((client) =>
    copyOut(client, select, (row) => {
      const [first, last, messages] = [row.integer(), row.integer(), row.integer()]
      const uids = row.bytes() ?? nothing
      const dictionaries = new Map(fields.map((field) => [field, row.bytes() ?? nothing] as const))
      rows.push({ first, last, messages, uids, dictionaries })
    }),
  )
  return rows.toSorted((one, other) => one.first - other.first)
}

/** Writes a segment, or an older one anew; nothing where the mailbox is gone. `wasStale`: what was purged is left out now. */
export async function writeSegment(
  database: Database,
  account: AccountId,
  mailbox: MailboxId,
  { first, last }: Pick<SegmentPlace, 'first' | 'last'>,
  packed: PackedSegment,
  wasStale: boolean,
): Promise<boolean> {
  const { messages, characters, uids, dictionaries } = packed
  const words = indexedFields.map((field) => dictionaries[field])
  const values = [account, mailbox, first, last, messages, characters, uids, ...words, wasStale]
  return (await database.execute(writeStatement, values)) > 0
}

/** Deletes the segments of a mailbox that were made by other rules. */
export async function forgetOldSegments(
  database: Database,
  account: AccountId,
  mailbox: MailboxId,
): Promise<void> {
  await database.execute(forgetStatement, [account, mailbox])
}

/** Marks segments that know one of these messages: their words are to go. Part of the transaction that erases them. */
export async function markStale(
  tx: Transaction,
  account: AccountId,
  mailbox: MailboxId,
  uids: readonly number[],
): Promise<void> {
  const first = uids.reduce((least, uid) => Math.min(least, uid), Infinity)
  if (first === Infinity) return
  const last = uids.reduce((most, uid) => Math.max(most, uid), 0)
  await tx.execute(markStatement, [account, mailbox, first, last])
}

const nothing = Buffer.alloc(0)

function columnOf(field: IndexedField): string {
  return `${field}_words`
}
