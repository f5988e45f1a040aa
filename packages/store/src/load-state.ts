import { applyTail } from './apply-tail.ts'
import type { Database } from './database.ts'
import type { AccountId, MailboxId } from './ids.ts'
import { MailboxState } from './mailbox-state.ts'
import { copyTail, readTail, type MailboxTail } from './mailbox-tail.ts'
import { tupleStatement } from './statement.ts'

/** Above this many UIDs a COPY is worth its planning. */
const copyAbove = 1_000

const measureStatement = tupleStatement<readonly [number, number]>(
  'mailbox_measure',
  `SELECT m.uid_validity, h.uid_next FROM mailbox m
  JOIN mailbox_head h ON h.account_id = m.account_id AND h.mailbox_id = m.mailbox_id
  WHERE m.account_id = $1::uuid AND m.mailbox_id = $2::bigint AND h.live`,
)

/** A mailbox's state out of Postgres (STORE.md, OPEN), and the head it stands at. Undefined: there is no such mailbox. */
export async function loadState(
  database: Database,
  account: AccountId,
  mailbox: MailboxId,
): Promise<{ readonly state: MailboxState; readonly head: MailboxTail['head'] } | undefined> {
  const [measured] = await database.read(measureStatement, [account, mailbox])
  if (measured === undefined) return undefined
  const [uidValidity, uidNext] = measured
  const state = new MailboxState(uidValidity)
  const read = uidNext > copyAbove ? copyTail : readTail
  const tail = await read(database, account, mailbox, state.position)
  if (tail === undefined) return undefined
  applyTail(state, tail)
  return { state, head: tail.head }
}
