import { setTimeout as pause } from 'node:timers/promises'
import type { Database } from './database.ts'
import { messageId, type MessageId } from './ids.ts'
import { statement, tupleStatement, type Transaction } from './statement.ts'
import { StoreUnavailable } from './unavailable.ts'
import { uuidFromBase32 } from './uuid-v7.ts'
import { lockQueueIds, type PreparedDelivery } from './write-deliveries.ts'

const lockStatement = statement(
  'delivered_lock',
  `SELECT 1 FROM mailbox_head h
  JOIN unnest($1::uuid[], $2::bigint[]) AS a (account_id, mailbox_id)
    ON a.account_id = h.account_id AND a.mailbox_id = h.mailbox_id
  ORDER BY h.account_id, h.mailbox_id FOR NO KEY UPDATE OF h`,
)
const findStatement = tupleStatement<readonly [number, number]>(
  'delivered_find',
  `SELECT e.message_id, e.uid FROM entry e
  JOIN unnest($1::uuid[], $2::bigint[]) AS a (account_id, message_id)
    ON a.account_id = e.account_id AND a.message_id = e.message_id`,
)
const findLone = tupleStatement<readonly [number]>(
  'delivered_find_lone',
  `SELECT 1 WHERE EXISTS (SELECT FROM queue_message WHERE queue_id = $1::uuid)
    OR EXISTS (SELECT FROM quarantine WHERE quarantine_id = $2::uuid)`,
)

/** How long a delivery of unknown outcome waits for the database to come back. */
const patienceMs = 15_000
const retryMs = 250

/**
 * Looks for a delivery whose COMMIT was lost: its UIDs by message id, undefined where it is not there.
 *
 * The lost connection's server process is ended first: it may still be on its way to the COMMIT, and a look could say "not
 * there" too early. The heads are locked, so that what it committed last is seen. A message for the queue or the quarantine
 * alone is found by its id.
 *
 * @throws StoreUnavailable where the database stays away.
 */
export async function findDelivered(
  database: Database,
  unit: PreparedDelivery,
): Promise<ReadonlyMap<MessageId, number> | undefined> {
  const deadline = Date.now() + patienceMs
  for (;;) {
    try {
      await database.settleLostCommits()
      return await database.transact((tx) => look(tx, unit))
    } catch (error) {
      if (!(error instanceof StoreUnavailable) || Date.now() > deadline) throw error
      await pause(retryMs)
    }
  }
}

async function look(
  tx: Transaction,
  unit: PreparedDelivery,
): Promise<ReadonlyMap<MessageId, number> | undefined> {
  const { copies, kept = [], queueId } = unit
  if (copies.length === 0 && queueId !== undefined) {
    await lockQueueIds(tx, [queueId])
    const rows = await tx.query(findLone, [uuidFromBase32(queueId), kept[0]?.quarantineId ?? null])
    return rows.length === 0 ? undefined : new Map()
  }
  const accounts = copies.map(({ account }) => account)
  await tx.query(lockStatement, [accounts, copies.map(({ mailbox }) => mailbox)])
  const ids = copies.map(({ messageId: id }) => id)
  const found = await tx.query(findStatement, [accounts, ids])
  return found.length < ids.length
    ? undefined
    : new Map(found.map(([message, uid]) => [messageId(message), uid]))
}
