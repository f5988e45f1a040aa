import type { Database } from './database.ts'
import { accountId, mailboxId, type AccountId, type MailboxId } from './ids.ts'
import { SearchIndexer, worthIndexing } from './search-indexer.ts'
import { searchVersion } from './search-segment.ts'
import { tupleStatement } from './statement.ts'
import { StoreUnavailable } from './unavailable.ts'

/** A mailbox to be indexed. */
export interface SearchTask {
  readonly account: AccountId
  readonly mailbox: MailboxId
}

/** Hears after each mailbox how many messages were added, and how many mailboxes of this look are left. */
export type IndexListener = (added: number, left: number) => void

/** Mailboxes of one look: the rest is for the next one. */
const mostTasks = 1_000

const isBehind = `h.live AND h.uid_next > ${worthIndexing} AND h.uid_next - ${worthIndexing} > (
  SELECT coalesce(max(s.last_uid), 0) FROM search_segment s
  WHERE s.account_id = h.account_id AND s.mailbox_id = h.mailbox_id AND s.version = ${searchVersion})`

type TaskRow = readonly [AccountId, number]

const sweepStatement = tupleStatement<TaskRow>(
  'keeper_search_behind',
  `SELECT h.account_id, h.mailbox_id FROM mailbox_head h WHERE ${isBehind}
  UNION
  SELECT account_id, mailbox_id FROM search_segment WHERE is_stale
  LIMIT ${mostTasks}`,
)
const amongStatement = tupleStatement<TaskRow>(
  'search_behind_among',
  `SELECT h.account_id, h.mailbox_id
  FROM unnest($1::uuid[], $2::bigint[]) AS a (account_id, mailbox_id)
  JOIN LATERAL (
    SELECT * FROM mailbox_head h
    WHERE h.account_id = a.account_id AND h.mailbox_id = a.mailbox_id OFFSET 0
  ) h ON ${isBehind}`,
)
const lockStatement = `SELECT pg_try_advisory_lock(hashtextextended('posthouse search', 0)) AS is_alone`

/** All mailboxes whose search index is behind, or knows messages that were purged. Looks through every head. */
export async function searchTasks(database: Database): Promise<readonly SearchTask[]> {
  return (await database.query(sweepStatement)).map(taskOf)
}

/** Those of some mailboxes whose search index is behind. */
export async function searchTasksAmong(
  database: Database,
  mailboxes: readonly SearchTask[],
): Promise<readonly SearchTask[]> {
  const rows = await database.query(amongStatement, [
    mailboxes.map(({ account }) => account),
    mailboxes.map(({ mailbox }) => mailbox),
  ])
  return rows.map(taskOf)
}

/**
 * Indexes mailboxes one after another, unless another process is at it. Gives how many messages were added; undefined where
 * another process was at work.
 */
export function indexMailboxes(
  database: Database,
  tasks: readonly SearchTask[],
  isOver: () => boolean = () => false,
  told: IndexListener = () => {},
): Promise<number | undefined> {
  // The lock is this connection's, and goes with it.
  return database.bulk(async (client) => {
    const locked = await client.query<{ readonly is_alone: boolean }>(lockStatement)
    if (locked.rows[0]?.is_alone !== true) return undefined
    try {
      return await indexAll(new SearchIndexer(database, isOver), tasks, isOver, told)
    } finally {
      await client.query('SELECT pg_advisory_unlock_all()')
    }
  })
}

/** A mailbox that can not be read is passed over; its error is thrown when the others are done. */
async function indexAll(
  indexer: SearchIndexer,
  tasks: readonly SearchTask[],
  isOver: () => boolean,
  told: IndexListener,
): Promise<number> {
  let added = 0
  let failure: unknown
  for (const [i, { account, mailbox }] of tasks.entries()) {
    if (isOver()) break
    try {
      added += await indexer.index(account, mailbox)
    } catch (error) {
      if (error instanceof StoreUnavailable) throw error
      failure ??= error
    }
    told(added, tasks.length - i - 1)
  }
  if (failure !== undefined) throw failure
  return added
}

/** Indexes everything that is behind. Gives how many messages were added. */
export async function catchUpSearch(
  database: Database,
  told?: IndexListener,
  signal?: AbortSignal,
): Promise<number> {
  const isOver = (): boolean => signal?.aborted === true
  let sum = 0
  for (;;) {
    const before = sum
    const tasks = await searchTasks(database)
    const added = await indexMailboxes(database, tasks, isOver, (some, left) => {
      told?.(before + some, left)
    })
    sum += added ?? 0
    if (added === undefined || added === 0 || isOver()) return sum
  }
}

function taskOf([account, mailbox]: TaskRow): SearchTask {
  return { account: accountId(account), mailbox: mailboxId(mailbox) }
}
