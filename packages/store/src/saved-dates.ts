import type { Database } from './database.ts'
import { uid, type AccountId, type MailboxId, type Uid } from './ids.ts'
import { tupleStatement } from './statement.ts'

const savedStatement = tupleStatement<readonly [number, number]>(
  'entry_saved_at',
  `SELECT uid, (extract(epoch FROM saved_at) * 1000)::bigint FROM entry
  WHERE account_id = $1::uuid AND mailbox_id = $2::bigint AND uid = ANY ($3::bigint[])`,
)

/** A block of one statement. */
const blockUids = 2048

/**
 * When these messages came into their mailbox (RFC 8514 §1): by delivery, APPEND, COPY or MOVE. Messages that are
 * not there are missing.
 */
export async function savedDates(
  database: Database,
  account: AccountId,
  mailbox: MailboxId,
  uids: readonly Uid[],
): Promise<ReadonlyMap<Uid, Date>> {
  const dates = new Map<Uid, Date>()
  for (let at = 0; at < uids.length; at += blockUids) {
    const block = uids.slice(at, at + blockUids)
    const rows = await database.read(savedStatement, [account, mailbox, block])
    for (const [one, savedAt] of rows) dates.set(uid(one), new Date(savedAt))
  }
  return dates
}
