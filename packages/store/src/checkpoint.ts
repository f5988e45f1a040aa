import type { Database } from './database.ts'
import type { AccountId, MailboxId } from './ids.ts'
import type { MailboxState, StatePosition } from './mailbox-state.ts'
import { packPage, sumOf } from './page-codec.ts'
import { planPages, type PageRange } from './page-layout.ts'
import { statement, tupleStatement, type Transaction } from './statement.ts'

const makeBaseStatement = statement(
  'base_make',
  `INSERT INTO mailbox_base (account_id, mailbox_id, modseq, change_seq, uid_next, sum)
  SELECT $1::uuid, $2::bigint, 0, 0, 1, 0
  WHERE EXISTS (
    SELECT FROM mailbox_head WHERE account_id = $1::uuid AND mailbox_id = $2::bigint AND live)
  ON CONFLICT DO NOTHING`,
)
const lockBaseStatement = tupleStatement<readonly [number, number, number]>(
  'base_lock',
  `SELECT modseq, change_seq, uid_next FROM mailbox_base
  WHERE account_id = $1::uuid AND mailbox_id = $2::bigint FOR UPDATE SKIP LOCKED`,
)
const rangesStatement = tupleStatement<readonly [number, number]>(
  'pages_ranges',
  `SELECT first_uid, last_uid FROM mailbox_page
  WHERE account_id = $1::uuid AND mailbox_id = $2::bigint ORDER BY first_uid`,
)
const removeStatement = statement(
  'pages_remove',
  `DELETE FROM mailbox_page
  WHERE account_id = $1::uuid AND mailbox_id = $2::bigint AND first_uid = ANY ($3::bigint[])`,
)
const writeStatement = statement(
  'page_write',
  `INSERT INTO mailbox_page
    (account_id, mailbox_id, first_uid, last_uid, modseq, n, sum, state)
  VALUES ($1::uuid, $2::bigint, $3, $4, $5, $6, $7, $8)
  ON CONFLICT (account_id, mailbox_id, first_uid) DO UPDATE
  SET last_uid = excluded.last_uid, modseq = excluded.modseq, n = excluded.n,
    sum = excluded.sum, state = excluded.state`,
)
const moveBaseStatement = statement(
  'base_move',
  `UPDATE mailbox_base SET modseq = $3, change_seq = $4, uid_next = $5, sum = $6, at = now()
  WHERE account_id = $1::uuid AND mailbox_id = $2::bigint`,
)

/**
 * Writes the state's dirty pages and moves the base to where the state stands (STORE.md, CHECKPOINT). Leaves it where
 * another process is at it, or was further already. Gives where the base stands now; undefined where that is not known.
 *
 * The pages are the only place of the flags once the log is trimmed, so dirty marks are given up only when the commit is
 * known. Everything between two awaits sees the state as it stands at one moment.
 */
export async function checkpoint(
  database: Database,
  account: AccountId,
  mailbox: MailboxId,
  state: MailboxState,
): Promise<StatePosition | undefined> {
  let dirty: ReadonlySet<number> = new Set()
  try {
    return await database.transact(async (tx) => {
      const [, bases, ranges] = await Promise.all([
        tx.execute(makeBaseStatement, [account, mailbox]),
        tx.query(lockBaseStatement, [account, mailbox]),
        tx.query(rangesStatement, [account, mailbox]),
      ])
      const [base] = bases
      if (base === undefined) return undefined
      const [modSeq, changeSeq, uidNext] = base
      const { position } = state
      dirty = state.takeDirty()
      if (modSeq >= position.modSeq) return { modSeq, changeSeq, uidNext }
      const existing = ranges.map(([first, last]) => ({ first, last }))
      await writePages(tx, account, mailbox, state, existing, dirty)
      return position
    })
  } catch (error) {
    state.putBackDirty(dirty)
    throw error
  }
}

/** Computes everything before its first await, and does not wait for the last answers. */
async function writePages(
  tx: Transaction,
  account: AccountId,
  mailbox: MailboxId,
  state: MailboxState,
  existing: readonly PageRange[],
  dirty: ReadonlySet<number>,
): Promise<void> {
  const { modSeq, changeSeq, uidNext } = state.position
  const span = ({ first, last }: PageRange): readonly [number, number] => {
    return [state.lowerBound(first), state.lowerBound(last + 1)]
  }
  const plan = planPages(existing, dirty, uidNext, (range) => {
    const [start, end] = span(range)
    return end - start
  })
  const pages = plan.write.map((range) => {
    const rows = state.slice(...span(range))
    return [range.first, range.last, modSeq, rows.uids.length, sumOf(rows), packPage(rows)]
  })
  const sum = state.sum()
  await Promise.all([
    tx.execute(removeStatement, [account, mailbox, plan.remove]),
    ...pages.map((page) => tx.execute(writeStatement, [account, mailbox, ...page])),
    tx.execute(moveBaseStatement, [account, mailbox, modSeq, changeSeq, uidNext, sum]),
  ])
}
