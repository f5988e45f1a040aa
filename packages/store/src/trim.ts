import type { Database } from './database.ts'
import type { AccountId, MailboxId } from './ids.ts'
import { statement, tupleStatement } from './statement.ts'

/** Rows this old are trimmed: a mistake in a checkpoint shows before it is the only truth. */
export const trimAgeSeconds = 24 * 60 * 60

const lockStatement = tupleStatement<readonly [number]>(
  'trim_lock',
  `SELECT modseq FROM mailbox_base
  WHERE account_id = $1::uuid AND mailbox_id = $2::bigint FOR UPDATE SKIP LOCKED`,
)
/** A contiguous prefix only: nothing below the floor is missed by anybody, everything above it is there. */
const trimStatement = tupleStatement<readonly [number]>(
  'trim_rows',
  `WITH old AS (
    SELECT modseq FROM mailbox_log
    WHERE account_id = $1::uuid AND mailbox_id = $2::bigint AND kind = 'flags'
      AND modseq <= $3::bigint AND modseq < coalesce((
        SELECT min(modseq) FROM mailbox_log
        WHERE account_id = $1::uuid AND mailbox_id = $2::bigint AND kind = 'flags'
          AND at >= now() - make_interval(secs => $4)), 9007199254740991)
    ORDER BY modseq LIMIT 5000
  ), gone AS (
    DELETE FROM mailbox_log l USING old
    WHERE l.account_id = $1::uuid AND l.mailbox_id = $2::bigint AND l.modseq = old.modseq
    RETURNING l.modseq
  )
  SELECT coalesce(max(modseq), 0) FROM gone`,
)
const floorStatement = statement(
  'trim_floor',
  `UPDATE mailbox_base SET floor = greatest(floor, $3::bigint)
  WHERE account_id = $1::uuid AND mailbox_id = $2::bigint`,
)

/**
 * Deletes flag rows that the checkpoint covers and that are old enough (STORE.md, TRIM). Expunge rows stay for the
 * retention. At most 5,000 rows at a time; true where there may be more.
 */
export function trimLog(
  database: Database,
  account: AccountId,
  mailbox: MailboxId,
  ageSeconds = trimAgeSeconds,
): Promise<boolean> {
  return database.transact(async (tx) => {
    const [base] = await tx.query(lockStatement, [account, mailbox])
    if (base === undefined) return false
    const [gone] = await tx.query(trimStatement, [account, mailbox, base[0], ageSeconds])
    const floor = gone?.[0] ?? 0
    if (floor > 0) await tx.execute(floorStatement, [account, mailbox, floor])
    return floor > 0
  })
}
