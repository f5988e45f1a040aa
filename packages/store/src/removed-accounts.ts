import type { RemovedAccount } from './accounts.ts'
import { formatStoreAddress, type StoreAddress } from './address.ts'
import type { Database } from './database.ts'
import { accountId, type AccountId } from './ids.ts'
import { insertMailboxes } from './new-mailbox.ts'
import { defaultRetentionSeconds } from './purge.ts'
import { statement, tupleStatement, type Transaction } from './statement.ts'

type RemovedRow = readonly [
  AccountId,
  domain: string,
  localKey: string,
  localPart: string,
  removedAt: Date,
  mailboxes: number,
]

const removed = `SELECT r.account_id, r.domain, r.local_key, r.local_part, r.removed_at,
    (SELECT count(*) FROM mailbox m WHERE m.account_id = r.account_id AND m.deleted_at = r.removed_at)
  FROM removed_account r WHERE r.removed_at > now() - make_interval(secs => $1)`

const listStatement = tupleStatement<RemovedRow>(
  'removed_accounts',
  `${removed} ORDER BY r.removed_at DESC LIMIT 1000`,
)
const findStatement = tupleStatement<RemovedRow>(
  'removed_account_find',
  `${removed} AND r.domain = $2 AND r.local_key = $3 ORDER BY r.removed_at DESC LIMIT 1 FOR UPDATE`,
)
/** Frees the address, ends sessions, and remembers whose it was. `now()` is that of the mailboxes' `deleted_at`. */
const removeStatement = tupleStatement<readonly [AccountId]>(
  'removed_account_remove',
  `WITH freed AS (
    DELETE FROM address WHERE account_id = $1::uuid RETURNING account_id, domain, local_key, local_part
  ), ended AS (
    UPDATE account a SET epoch = a.epoch + 1 FROM freed f WHERE a.account_id = f.account_id
  )
  INSERT INTO removed_account (account_id, domain, local_key, local_part)
  SELECT account_id, domain, local_key, local_part FROM freed RETURNING account_id`,
)
const restoreStatement = tupleStatement<readonly [AccountId]>(
  'removed_account_restore',
  `WITH back AS (
    DELETE FROM removed_account WHERE account_id = $1::uuid
    RETURNING account_id, domain, local_key, local_part
  )
  INSERT INTO address (domain, local_key, local_part, account_id)
  SELECT domain, local_key, local_part, account_id FROM back
  ON CONFLICT DO NOTHING RETURNING account_id`,
)
/** Those that went with the account. What the owner had deleted before stays deleted, and can be restored by itself. */
const reviveStatement = tupleStatement<readonly [number, string]>(
  'removed_account_revive',
  `UPDATE mailbox SET state = 'live', deleted_at = NULL
  WHERE account_id = $1::uuid AND state = 'deleting' AND deleted_at = $2::timestamptz
  RETURNING mailbox_id, name`,
)
const reviveHeadsStatement = statement(
  'removed_account_revive_heads',
  `UPDATE mailbox_head SET live = true WHERE account_id = $1::uuid AND mailbox_id = ANY ($2::bigint[])`,
)
const removedAtStatement = tupleStatement<readonly [string]>(
  'removed_account_at',
  `SELECT removed_at::text FROM removed_account WHERE account_id = $1::uuid FOR UPDATE`,
)
/** Accounts whose mailboxes the purge has erased, every one. */
const eraseStatement = statement(
  'removed_accounts_erase',
  `WITH gone AS (
    SELECT r.account_id FROM removed_account r
    WHERE r.removed_at < now() - make_interval(secs => $1)
      AND NOT EXISTS (SELECT FROM mailbox m WHERE m.account_id = r.account_id)
    ORDER BY r.removed_at LIMIT 100 FOR UPDATE SKIP LOCKED
  ), subscriptions AS (
    DELETE FROM subscription s USING gone g WHERE s.account_id = g.account_id
  ), keywords AS (
    DELETE FROM keyword k USING gone g WHERE k.account_id = g.account_id
  ), limits AS (
    DELETE FROM quota q USING gone g WHERE q.account_id = g.account_id
  ), kept AS (
    DELETE FROM quarantine k USING gone g WHERE k.account_id = g.account_id
  ), tokens AS (
    DELETE FROM filter_account_token t USING gone g WHERE t.account_id = g.account_id
  ), lessons AS (
    DELETE FROM filter_lesson l USING gone g WHERE l.account_id = g.account_id
  ), teachers AS (
    DELETE FROM filter_teacher t USING gone g WHERE t.account_id = g.account_id
  ), training AS (
    DELETE FROM filter_training t USING gone g WHERE t.account_id = g.account_id
  ), fame AS (
    DELETE FROM filter_reputation r USING gone g WHERE r.account_id = g.account_id
  ), correspondents AS (
    DELETE FROM filter_correspondent c USING gone g WHERE c.account_id = g.account_id
  ), greylisted AS (
    DELETE FROM greylist l USING gone g WHERE l.account_id = g.account_id
  ), sending AS (
    DELETE FROM account_sending s USING gone g WHERE s.account_id = g.account_id
  ), sent AS (
    DELETE FROM account_sent s USING gone g WHERE s.account_id = g.account_id
  ), recipients AS (
    DELETE FROM account_recipient r USING gone g WHERE r.account_id = g.account_id
  )
  DELETE FROM account a USING gone g WHERE a.account_id = g.account_id`,
)

/** Accounts that can be brought back, the latest first. */
export async function listRemovedAccounts(
  database: Database,
  retentionSeconds = defaultRetentionSeconds,
): Promise<readonly RemovedAccount[]> {
  const rows = await database.query(listStatement, [retentionSeconds])
  return rows.map(removedAccount)
}

/** Takes the account's address away, in the transaction that retires its mailboxes. False: somebody was faster. */
export async function removeAccount(tx: Transaction, account: AccountId): Promise<boolean> {
  return (await tx.query(removeStatement, [account])).length === 1
}

/** Locks and gives the account that had this address last, while it can come back. */
export async function findRemovedAccount(
  tx: Transaction,
  { domain, localKey }: StoreAddress,
  retentionSeconds = defaultRetentionSeconds,
): Promise<RemovedAccount | undefined> {
  const [row] = await tx.query(findStatement, [retentionSeconds, domain, localKey])
  return row === undefined ? undefined : removedAccount(row)
}

/**
 * Gives an account its address and its mailboxes back. False: the address is taken, and the transaction is to be undone. Throws a foreign key's error where the domain is gone.
 */
export async function restoreAccount(tx: Transaction, account: AccountId): Promise<boolean> {
  // As text: a Date would cut off the microseconds.
  const [at] = await tx.query(removedAtStatement, [account])
  if (at === undefined || (await tx.query(restoreStatement, [account])).length === 0) return false
  const revived = await tx.query(reviveStatement, [account, at[0]])
  await tx.execute(reviveHeadsStatement, [account, revived.map(([mailbox]) => mailbox)])
  // It may have had a shorter retention of its own, and is erased.
  const hasInbox = revived.some(([, name]) => name === 'INBOX')
  if (!hasInbox) await insertMailboxes(tx, account, [['INBOX', null]])
  return true
}

/** Erases what is left of accounts that can not come back any more. */
export function eraseRemovedAccounts(
  database: Database,
  retentionSeconds = defaultRetentionSeconds,
): Promise<number> {
  return database.execute(eraseStatement, [retentionSeconds])
}

function removedAccount([
  account,
  domain,
  ,
  localPart,
  removedAt,
  mailboxes,
]: RemovedRow): RemovedAccount {
  const address = formatStoreAddress({ domain, localPart })
  return { id: accountId(account), address, removedAt, mailboxes }
}
