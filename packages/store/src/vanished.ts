import type { Database } from './database.ts'
import { uid, type AccountId, type MailboxId, type Uid } from './ids.ts'
import { unpackExpunge } from './log-payload.ts'
import { tupleStatement } from './statement.ts'

const floorStatement = tupleStatement<readonly [number]>(
  'vanished_floor',
  `SELECT expunge_floor FROM mailbox_base
  WHERE account_id = $1::uuid AND mailbox_id = $2::bigint`,
)
const expungesStatement = tupleStatement<readonly [Buffer]>(
  'vanished_expunges',
  `SELECT payload FROM mailbox_log
  WHERE account_id = $1::uuid AND mailbox_id = $2::bigint AND modseq > $3::bigint
    AND kind = 'expunge'`,
)

/**
 * UIDs expunged after this modseq, ascending (RFC 7162 §3.2.5). Undefined: that is longer ago than expunges are
 * remembered; the caller then says VANISHED of every UID that is not there.
 */
export async function vanishedSince(
  database: Database,
  account: AccountId,
  mailbox: MailboxId,
  modSeq: number,
): Promise<readonly Uid[] | undefined> {
  // The floor last: a purge in between raises it.
  const rows = await database.read(expungesStatement, [account, mailbox, modSeq])
  const [floor] = await database.read(floorStatement, [account, mailbox])
  if (floor !== undefined && modSeq < floor[0]) return undefined
  const uids = rows.flatMap(([payload]) => [...unpackExpunge(payload).uids])
  return uids.toSorted((a, b) => a - b).map(uid)
}
