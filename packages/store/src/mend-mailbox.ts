import { lookAtMailbox, type MailboxLook } from './check-mailboxes.ts'
import type { AccountId, MailboxId } from './ids.ts'
import { packFlagCommands } from './log-payload.ts'
import { lockHeads } from './mailbox-writes.ts'
import { statement, tupleStatement, type Transaction } from './statement.ts'

/** Thrown inside the transaction, which is undone: what is left would have to be guessed. */
export class Unmendable extends Error {
  override readonly name: string = 'Unmendable'
}

const lockBaseStatement = tupleStatement<readonly [number, number, number]>(
  'mend_lock_base',
  `SELECT floor, change_seq, modseq FROM mailbox_base
  WHERE account_id = $1::uuid AND mailbox_id = $2::bigint FOR UPDATE`,
)
/** UIDs and modseqs never fall (I7): what stands below or in the log says how far they were. */
const raiseHeadStatement = statement(
  'mend_raise_head',
  `UPDATE mailbox_head h SET
    uid_next = greatest(h.uid_next, e.uid + 1, b.uid_next),
    modseq = greatest(h.modseq, e.modseq, l.modseq, b.modseq),
    change_seq = greatest(h.change_seq, l.change_seq),
    recent_uid = least(h.recent_uid, greatest(h.uid_next, e.uid + 1, b.uid_next))
  FROM (SELECT max(uid) AS uid, max(modseq) AS modseq FROM entry
      WHERE account_id = $1::uuid AND mailbox_id = $2::bigint) e
    CROSS JOIN (SELECT max(modseq) AS modseq, max(change_seq) AS change_seq FROM mailbox_log
      WHERE account_id = $1::uuid AND mailbox_id = $2::bigint) l
    LEFT JOIN mailbox_base b ON b.account_id = $1::uuid AND b.mailbox_id = $2::bigint
  WHERE h.account_id = $1::uuid AND h.mailbox_id = $2::bigint`,
)
/** Higher floors are safe: whoever stands below them opens anew, and hears of all that is not there. */
const orderFloorsStatement = statement(
  'mend_order_floors',
  `UPDATE mailbox_base SET floor = least(greatest(floor, expunge_floor), modseq),
    expunge_floor = least(expunge_floor, modseq)
  WHERE account_id = $1::uuid AND mailbox_id = $2::bigint AND (floor > modseq OR expunge_floor > floor)`,
)
const rowsStatement = tupleStatement<readonly [number, number]>(
  'mend_log_rows',
  `SELECT modseq, change_seq FROM mailbox_log
  WHERE account_id = $1::uuid AND mailbox_id = $2::bigint AND change_seq > $3 ORDER BY change_seq`,
)
const headStatement = tupleStatement<readonly [number]>(
  'mend_head',
  `SELECT change_seq FROM mailbox_head WHERE account_id = $1::uuid AND mailbox_id = $2::bigint`,
)
const fillStatement = statement(
  'mend_fill_log',
  `INSERT INTO mailbox_log (account_id, mailbox_id, modseq, change_seq, n, kind, payload)
  VALUES ($1::uuid, $2::bigint, $3, $4, 1, 'flags', $5)`,
)
const dropPagesStatement = statement(
  'mend_drop_pages',
  `DELETE FROM mailbox_page WHERE account_id = $1::uuid AND mailbox_id = $2::bigint`,
)
const resetBaseStatement = statement(
  'mend_reset_base',
  `UPDATE mailbox_base SET modseq = 0, change_seq = 0, uid_next = 1, sum = 0
  WHERE account_id = $1::uuid AND mailbox_id = $2::bigint`,
)
const countStatement = statement(
  'mend_count',
  `UPDATE mailbox_head SET total = $3, unseen = $4, deleted = $5, bytes = $6
  WHERE account_id = $1::uuid AND mailbox_id = $2::bigint`,
)

/** More missing rows than this are no gap but another kind of damage. */
const mostMissing = 10_000

/**
 * Mends what is wrong with one mailbox (I1 to I5), under its locks. The head is raised to what stands below it; rows that the log
 * lacks are taken from the pages, or filled with rows that change nothing (what they said is lost, and the mailbox opens again);
 * pages are dropped where the whole log is there to replay; counters are those of the state.
 *
 * @throws Unmendable where pages are damaged and the log behind them is trimmed: only a backup has those flags.
 */
export async function mendMailbox(
  tx: Transaction,
  account: AccountId,
  mailbox: MailboxId,
): Promise<void> {
  const heads = await lockHeads(tx, account, [mailbox])
  if (!heads.has(mailbox)) throw new Unmendable('the mailbox is not there any more')
  await tx.query(lockBaseStatement, [account, mailbox])
  await tx.execute(orderFloorsStatement, [account, mailbox])
  await tx.execute(raiseHeadStatement, [account, mailbox])
  await trustPages(tx, account, mailbox)
  await fillLog(tx, account, mailbox)
  let look = await lookAtMailbox(tx, account, mailbox)
  if (look !== undefined && hasBadPages(look)) {
    if (look.floor > 0) throw new Unmendable('its pages are damaged and the log is trimmed')
    await tx.execute(dropPagesStatement, [account, mailbox])
    await tx.execute(resetBaseStatement, [account, mailbox])
    look = await lookAtMailbox(tx, account, mailbox)
  }
  const state = look?.state
  if (state === undefined) throw new Unmendable('no state can be made of what is there')
  const { size, unseen, deleted, bytes } = state
  await tx.execute(countStatement, [account, mailbox, size, unseen, deleted, bytes])
  const after = await lookAtMailbox(tx, account, mailbox)
  const [left] = after?.problems ?? []
  if (left !== undefined) throw new Unmendable(left[1])
}

function hasBadPages({ problems, state }: MailboxLook): boolean {
  return state === undefined || problems.some(([invariant]) => invariant !== 'I1')
}

const gapStatement = tupleStatement<readonly [boolean]>(
  'mend_gap',
  `SELECT b.floor = 0 AND b.change_seq > (SELECT count(*) FROM mailbox_log l
    WHERE l.account_id = b.account_id AND l.mailbox_id = b.mailbox_id AND l.change_seq <= b.change_seq)
  FROM mailbox_base b WHERE b.account_id = $1::uuid AND b.mailbox_id = $2::bigint`,
)
const setFloorStatement = statement(
  'mend_set_floor',
  `UPDATE mailbox_base SET floor = CASE WHEN $3 THEN modseq ELSE 0 END
  WHERE account_id = $1::uuid AND mailbox_id = $2::bigint`,
)

/** Where the log lacks rows that the checkpoint covers, pages that are sound are the truth, as after a trim. */
async function trustPages(tx: Transaction, account: AccountId, mailbox: MailboxId): Promise<void> {
  const [gap] = await tx.query(gapStatement, [account, mailbox])
  if (gap?.[0] !== true) return
  await tx.execute(setFloorStatement, [account, mailbox, true])
  const look = await lookAtMailbox(tx, account, mailbox)
  const areSound = look?.problems.every(([invariant]) => !['I4', 'I5'].includes(invariant))
  if (areSound !== true) await tx.execute(setFloorStatement, [account, mailbox, false])
}

/** Every missing row took at least one modseq after the row before it: there its number finds a place. */
async function fillLog(tx: Transaction, account: AccountId, mailbox: MailboxId): Promise<void> {
  const [base] = await tx.query(lockBaseStatement, [account, mailbox])
  const [floor, baseSeq, baseModSeq] = base ?? [0, 0, 0]
  const first = floor === 0 ? 0 : baseSeq
  const rows = await tx.query(rowsStatement, [account, mailbox, first])
  const [head] = await tx.query(headStatement, [account, mailbox])
  const taken = new Set(rows.map(([modSeq]) => modSeq))
  const known = new Map(rows.map(([modSeq, changeSeq]) => [changeSeq, modSeq]))
  const last = head?.[0] ?? 0
  if (last - first - known.size > mostMissing) throw new Unmendable('most of its log is missing')
  let before = 0
  for (let changeSeq = first + 1; changeSeq <= last; changeSeq++) {
    const modSeq = known.get(changeSeq)
    // What the checkpoint does not cover stands above it.
    if (changeSeq > baseSeq) before = Math.max(before, baseModSeq)
    if (modSeq === undefined) {
      before += 1
      while (taken.has(before)) before += 1
      const payload = packFlagCommands([])
      await tx.execute(fillStatement, [account, mailbox, before, changeSeq, payload])
    } else before = modSeq
  }
}
