import type { ClientBase, QueryResult } from 'pg'
import { queryConfig } from './connections.ts'
import { copyOut, sqlText } from './copy-out.ts'
import type { Database } from './database.ts'
import { selectFacts, type FactField } from './fact-columns.ts'
import type { AccountId, MailboxId } from './ids.ts'
import type { MailboxState } from './mailbox-state.ts'
import {
  packPart,
  segmentMessages,
  segmentPartNames,
  segmentParts,
  type PackedFacts,
} from './segment-codec.ts'
import { planSegments, type PlannedSegment } from './segment-plan.ts'
import { statement, tupleStatement, type Statement } from './statement.ts'

const lockStatement = tupleStatement<readonly [number]>(
  'segments_lock',
  `SELECT segment_uid FROM mailbox_base
  WHERE account_id = $1::uuid AND mailbox_id = $2::bigint FOR UPDATE SKIP LOCKED`,
)
const rangesStatement = tupleStatement<readonly [number, number, number]>(
  'segments_ranges',
  `SELECT first_uid, last_uid, n FROM mailbox_segment
  WHERE account_id = $1::uuid AND mailbox_id = $2::bigint ORDER BY first_uid`,
)
const removeStatement = statement(
  'segments_remove',
  `DELETE FROM mailbox_segment
  WHERE account_id = $1::uuid AND mailbox_id = $2::bigint AND first_uid = ANY ($3::bigint[])`,
)
const insertStatement = statement(
  'segment_insert',
  `INSERT INTO mailbox_segment
    (account_id, mailbox_id, first_uid, last_uid, n, ${segmentPartNames.join(', ')})
  VALUES ($1::uuid, $2::bigint, $3, $4, $5, $6, $7, $8)`,
)
const coverStatement = statement(
  'segments_cover',
  `UPDATE mailbox_base SET segment_uid = $3
  WHERE account_id = $1::uuid AND mailbox_id = $2::bigint`,
)

/** Facts are read this many messages at a time: a hundred kilobytes each at worst. */
const readMessages = 256
/** A part is not made larger than this before it is packed, however much its messages say. */
const maxPartBytes = 4 * 1024 * 1024
/** Segments of one transaction: it keeps the purge of its mailbox waiting. */
const segmentsAtOnce = 4

/**
 * Makes the segments that a mailbox lacks: of full ranges of UIDs only, so that what is made stays. The base's lock serialises
 * this and the purge: whatever is purged was either not read any more, or its segment is there to be removed.
 */
export async function buildSegments(
  database: Database,
  account: AccountId,
  mailbox: MailboxId,
  state: MailboxState,
  most = segmentMessages,
): Promise<void> {
  const boundary = state.uidNext - (state.uidNext % most)
  const build = { account, mailbox, most, boundary, ...state.slice() }
  while (await database.bulk((client) => buildSome(client, build))) {
    // Until nothing is lacking, or nothing can be done.
  }
}

interface Build {
  readonly account: AccountId
  readonly mailbox: MailboxId
  readonly most: number
  readonly boundary: number
  readonly uids: Uint32Array
  readonly messageIds: Float64Array
}

/** One transaction; true where there may be more to do. A connection that fails takes its transaction with it. */
async function buildSome(client: ClientBase, build: Build): Promise<boolean> {
  const { account, mailbox, boundary } = build
  await client.query('BEGIN')
  const bases = await query(client, lockStatement, [account, mailbox])
  if (bases.length === 0) {
    await client.query('ROLLBACK')
    return false
  }
  const ranges = await query(client, rangesStatement, [account, mailbox])
  const existing = ranges.map(([first, last, n]) => ({ first, last, n }))
  const planned = planSegments(existing, build.uids, boundary, build.most)
  let made = 0
  for (const segment of planned.slice(0, segmentsAtOnce)) {
    made += await buildSegment(client, build, segment)
  }
  if (planned.length === 0) await query(client, coverStatement, [account, mailbox, boundary])
  await client.query('COMMIT')
  return made > 0
}

/** Gives the number of segments it came to: more than one where messages say much, none where they are gone. */
async function buildSegment(
  client: ClientBase,
  build: Build,
  { start, end, replaces }: PlannedSegment,
): Promise<number> {
  const { account, mailbox } = build
  if (replaces.length > 0) await query(client, removeStatement, [account, mailbox, replaces])
  let rows: FactsRow[] = []
  let bytes = 0
  let made = 0
  for (let from = start; from < end; from += readMessages) {
    for (const row of await readRows(client, build, from, Math.min(from + readMessages, end))) {
      if (bytes + row.bytes > maxPartBytes && rows.length > 0) {
        await insert(client, build, rows)
        made++
        rows = []
        bytes = 0
      }
      rows.push(row)
      bytes += row.bytes
    }
  }
  if (rows.length === 0) return made
  await insert(client, build, rows)
  return made + 1
}

/** One message's columns of every part, as COPY gave them. */
interface FactsRow {
  readonly uid: number
  readonly messageId: number
  readonly bytes: number
  readonly parts: readonly Buffer[]
}

const fields: readonly FactField[] = segmentPartNames.flatMap((part) => segmentParts[part])

/** By ascending UID; messages that are gone are left out. */
async function readRows(
  client: ClientBase,
  { account, uids, messageIds }: Build,
  start: number,
  end: number,
): Promise<readonly FactsRow[]> {
  const ids = messageIds.subarray(start, end)
  const found = new Map<number, readonly Buffer[]>()
  const select = selectFacts(fields, sqlText.uuid(account), sqlText.integers(ids))
  await copyOut(client, select, (row) => {
    const id = row.integer()
    found.set(
      id,
      segmentPartNames.map((part) => row.columns(segmentParts[part].length)),
    )
  })
  return Array.from(ids).flatMap((messageId, i) => {
    const parts = found.get(messageId)
    if (parts === undefined) return []
    const bytes = Math.max(...parts.map(({ length }) => length))
    return [{ uid: uids[start + i] ?? 0, messageId, bytes, parts }]
  })
}

async function insert(
  client: ClientBase,
  { account, mailbox }: Build,
  rows: readonly FactsRow[],
): Promise<void> {
  const packed = await Promise.all(
    segmentPartNames.map((_, part) =>
      packPart(
        rows.map(({ uid, messageId, parts }): PackedFacts => {
          return { uid, messageId, octets: parts[part] ?? Buffer.alloc(0) }
        }),
      ),
    ),
  )
  const ends = [rows[0]?.uid, rows.at(-1)?.uid]
  await query(client, insertStatement, [account, mailbox, ...ends, rows.length, ...packed])
}

async function query<Row>(
  client: ClientBase,
  text: Statement<Row>,
  values: readonly unknown[],
): Promise<readonly Row[]> {
  const result: QueryResult = await client.query(queryConfig(text, values))
  return result.rows
}
