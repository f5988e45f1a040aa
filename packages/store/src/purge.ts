import type { Database } from './database.ts'
import { accountId, mailboxId, type AccountId, type MailboxId } from './ids.ts'
import { unpackExpunge } from './log-payload.ts'
import { lockHeads } from './mailbox-writes.ts'
import { markStale } from './search-rows.ts'
import { statement, tupleStatement, type Transaction } from './statement.ts'

/** How long expunged messages and deleted mailboxes come back, unless a mailbox says otherwise. */
export const defaultRetentionSeconds = 30 * 24 * 60 * 60
/** Never younger than this: sessions that were not told yet still read what was expunged. */
export const leastRetentionSeconds = 60 * 60

/** Messages of one transaction: it holds the mailbox's lock. */
const purgeBatch = 1_000

/** A mailbox that has something to erase. */
export interface PurgeTask {
  readonly account: AccountId
  readonly mailbox: MailboxId
  readonly kind: 'expunged' | 'deleted'
}

const age = (column: string, retention: string): string =>
  `${column} < now() - greatest(${retention}, make_interval(secs => $2))`
const retention = `coalesce(m.retention, make_interval(secs => $1))`

const tasksStatement = tupleStatement<readonly [AccountId, number, PurgeTask['kind']]>(
  'purge_tasks',
  `SELECT DISTINCT l.account_id, l.mailbox_id, 'expunged'
  FROM mailbox_log l
  JOIN mailbox m ON m.account_id = l.account_id AND m.mailbox_id = l.mailbox_id
  JOIN mailbox_base b ON b.account_id = l.account_id AND b.mailbox_id = l.mailbox_id
  WHERE l.kind = 'expunge' AND m.state = 'live' AND l.modseq <= b.modseq
    AND l.at < now() - make_interval(secs => $2) AND ${age('l.at', retention)}
  UNION ALL
  SELECT m.account_id, m.mailbox_id, 'deleted' FROM mailbox m
  WHERE m.state = 'deleting' AND ${age('m.deleted_at', retention)}
  LIMIT 1000`,
)

/** Mailboxes with something older than its retention. What no checkpoint covers yet is not due. */
export async function purgeTasks(
  database: Database,
  retentionSeconds = defaultRetentionSeconds,
  leastSeconds = leastRetentionSeconds,
): Promise<readonly PurgeTask[]> {
  const rows = await database.query(tasksStatement, [retentionSeconds, leastSeconds])
  return rows.map(([account, mailbox, kind]) => {
    return { account: accountId(account), mailbox: mailboxId(mailbox), kind }
  })
}

/** One purge per account at a time: two could each leave a message's last entry to the other. */
const aloneStatement = tupleStatement<readonly [boolean]>(
  'purge_alone',
  `SELECT pg_try_advisory_xact_lock(hashtextextended('purge ' || $1::text, 0))`,
)
const rowsStatement = tupleStatement<readonly [number, Buffer]>(
  'purge_rows',
  `SELECT l.modseq, l.payload FROM mailbox_log l
  JOIN mailbox m ON m.account_id = l.account_id AND m.mailbox_id = l.mailbox_id
  JOIN mailbox_base b ON b.account_id = l.account_id AND b.mailbox_id = l.mailbox_id
  WHERE l.account_id = $3::uuid AND l.mailbox_id = $4::bigint AND l.kind = 'expunge'
    AND l.modseq <= b.modseq AND ${age('l.at', retention)}
  ORDER BY l.modseq LIMIT 100`,
)
const entriesStatement = tupleStatement<readonly [number]>(
  'purge_entries',
  `DELETE FROM entry WHERE account_id = $1::uuid AND mailbox_id = $2::bigint
    AND uid = ANY ($3::bigint[]) RETURNING message_id`,
)
/**
 * Looked at again under the row's lock: somebody may have brought the mailbox back since the purge was planned. From here on
 * nobody can: `reviveMailbox` passes over what was deleted at -infinity, and no retention keeps it.
 */
const beginStatement = tupleStatement<readonly [number]>(
  'purge_begin',
  `UPDATE mailbox m SET deleted_at = '-infinity'
  WHERE m.account_id = $3::uuid AND m.mailbox_id = $4::bigint AND m.state = 'deleting'
    AND ${age('m.deleted_at', retention)} RETURNING m.mailbox_id`,
)
const someEntriesStatement = tupleStatement<readonly [number]>(
  'purge_some_entries',
  `DELETE FROM entry WHERE account_id = $1::uuid AND mailbox_id = $2::bigint AND uid IN (
    SELECT uid FROM entry WHERE account_id = $1::uuid AND mailbox_id = $2::bigint
    ORDER BY uid LIMIT ${purgeBatch}) RETURNING message_id`,
)
/** A statement of its own, after the entries are gone: it sees what the lock waited for. */
const messagesStatement = statement(
  'purge_messages',
  `DELETE FROM message m WHERE m.account_id = $1::uuid AND m.message_id = ANY ($2::bigint[])
    AND NOT EXISTS (SELECT FROM entry e
      WHERE e.account_id = m.account_id AND e.message_id = m.message_id)`,
)
const dropRowStatement = statement(
  'purge_drop_row',
  `DELETE FROM mailbox_log
  WHERE account_id = $1::uuid AND mailbox_id = $2::bigint AND modseq = $3::bigint`,
)
const raiseStatement = statement(
  'purge_raise_floor',
  `UPDATE mailbox_base
  SET floor = greatest(floor, $3::bigint), expunge_floor = greatest(expunge_floor, $3::bigint)
  WHERE account_id = $1::uuid AND mailbox_id = $2::bigint`,
)
/** After the base is locked: whoever makes a segment of what was read before holds it (build-segments.ts). */
const segmentsStatement = tupleStatement<readonly [number]>(
  'purge_segments',
  `DELETE FROM mailbox_segment s
  WHERE s.account_id = $1::uuid AND s.mailbox_id = $2::bigint AND EXISTS (
    SELECT FROM unnest($3::bigint[]) AS u (uid) WHERE u.uid BETWEEN s.first_uid AND s.last_uid)
  RETURNING s.first_uid`,
)
const uncoverStatement = statement(
  'purge_uncover',
  `UPDATE mailbox_base SET segment_uid = least(segment_uid, $3::bigint)
  WHERE account_id = $1::uuid AND mailbox_id = $2::bigint`,
)
const dropMailbox = [
  'mailbox_log',
  'mailbox_segment',
  'search_segment',
  'mailbox_page',
  'mailbox_base',
  'mailbox_head',
  'mailbox',
].map((table) =>
  statement(
    `purge_${table}`,
    `DELETE FROM ${table} WHERE account_id = $1::uuid AND mailbox_id = $2::bigint`,
  ),
)

/** Erases one step of a task, in a small transaction; true where there may be more to do. */
export function purgeStep(
  database: Database,
  task: PurgeTask,
  retentionSeconds = defaultRetentionSeconds,
  leastSeconds = leastRetentionSeconds,
): Promise<boolean> {
  const { account } = task
  return database.transact(async (tx) => {
    const [alone] = await tx.query(aloneStatement, [account])
    if (alone?.[0] !== true) return false
    const seconds = [retentionSeconds, leastSeconds] as const
    return task.kind === 'deleted'
      ? purgeDeleted(tx, task, seconds)
      : purgeExpunged(tx, task, seconds)
  })
}

/** Erases what was expunged: entries under the mailbox's lock, then messages that stand nowhere else, then the row. */
async function purgeExpunged(
  tx: Transaction,
  { account, mailbox }: PurgeTask,
  seconds: readonly [number, number],
): Promise<boolean> {
  const [heads, rows] = await Promise.all([
    lockHeads(tx, account, [mailbox]),
    tx.query(rowsStatement, [...seconds, account, mailbox]),
  ])
  if (!heads.has(mailbox) || rows.length === 0) return false
  const erased: number[] = []
  let last = 0
  for (const [modSeq, payload] of rows) {
    const { uids } = unpackExpunge(payload)
    if (erased.length > 0 && erased.length + uids.length > purgeBatch) break
    const gone = await tx.query(entriesStatement, [account, mailbox, [...uids]])
    await eraseMessages(tx, account, gone)
    await tx.execute(dropRowStatement, [account, mailbox, modSeq])
    erased.push(...uids)
    last = modSeq
  }
  await markStale(tx, account, mailbox, erased)
  // The log is whole above the floor only; a state that is older opens anew.
  await tx.execute(raiseStatement, [account, mailbox, last])
  const removed = await tx.query(segmentsStatement, [account, mailbox, erased])
  if (removed.length > 0) {
    const first = Math.min(...removed.map(([uid]) => uid))
    await tx.execute(uncoverStatement, [account, mailbox, first])
  }
  return true
}

/** Erases a deleted mailbox, the last step all that is left of it. */
async function purgeDeleted(
  tx: Transaction,
  { account, mailbox }: PurgeTask,
  seconds: readonly [number, number],
): Promise<boolean> {
  const begun = await tx.query(beginStatement, [...seconds, account, mailbox])
  if (begun.length === 0) return false
  const gone = await tx.query(someEntriesStatement, [account, mailbox])
  await eraseMessages(tx, account, gone)
  if (gone.length === purgeBatch) return true
  await Promise.all(dropMailbox.map((drop) => tx.execute(drop, [account, mailbox])))
  return false
}

async function eraseMessages(
  tx: Transaction,
  account: AccountId,
  gone: readonly (readonly [number])[],
): Promise<void> {
  if (gone.length === 0) return
  await tx.execute(messagesStatement, [account, gone.map(([id]) => id)])
}
