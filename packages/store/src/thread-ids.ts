import type { Database } from './database.ts'
import type { AccountId, MessageId, Uid } from './ids.ts'
import { tupleStatement } from './statement.ts'

const threadsStatement = tupleStatement<readonly [number, number]>(
  'message_threads',
  `SELECT message_id, thread_id FROM message
  WHERE account_id = $1::uuid AND message_id = ANY ($2::bigint[])`,
)

/** A block of one statement. */
const blockMessages = 2048

/** The conversations of messages of one account (RFC 8474 §5.2). Messages that are gone are missing. */
export async function threadIds(
  database: Database,
  account: AccountId,
  wanted: readonly { readonly uid: Uid; readonly messageId: MessageId }[],
): Promise<ReadonlyMap<Uid, number>> {
  const found = new Map<Uid, number>()
  for (let at = 0; at < wanted.length; at += blockMessages) {
    const block = wanted.slice(at, at + blockMessages)
    const ids = block.map(({ messageId }) => messageId)
    const rows = new Map(await database.read(threadsStatement, [account, ids]))
    for (const { uid, messageId } of block) {
      const thread = rows.get(messageId)
      if (thread !== undefined) found.set(uid, thread)
    }
  }
  return found
}
