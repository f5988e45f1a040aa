import { mailboxId, type AccountId, type MailboxId } from './ids.ts'
import type { SpecialUse } from './mailboxes.ts'
import { statement, tupleStatement, type Queries, type Transaction } from './statement.ts'

/** What every account begins with, subscribed (DESIGN.md, Decided once). */
const defaultMailboxes: readonly (readonly [name: string, specialUse: SpecialUse | null])[] = [
  ['INBOX', null],
  ['Drafts', '\\Drafts'],
  ['Sent', '\\Sent'],
  ['Junk', '\\Junk'],
  ['Trash', '\\Trash'],
  ['Archive', '\\Archive'],
]

/**
 * UIDVALIDITY: seconds since 2010, and more than any other mailbox of the account has or had, so that a name that comes
 * back never carries an old one (RFC 3501 §2.3.1.1). Stays below 2^31, which some clients need, until 2078.
 */
const nextUidValidity = `greatest(
  floor(extract(epoch FROM clock_timestamp()))::bigint - 1262304000,
  (SELECT coalesce(max(uid_validity), 0) FROM mailbox WHERE account_id = $1::uuid)
)`

const insertStatement = tupleStatement<readonly [number, string, number]>(
  'mailboxes_insert',
  `WITH made AS (
    INSERT INTO mailbox (account_id, name, special_use, uid_validity)
    SELECT $1::uuid, n.name, n.special_use, ${nextUidValidity} + n.ord
    FROM unnest($2::text[], $3::text[]) WITH ORDINALITY AS n (name, special_use, ord)
    RETURNING mailbox_id, name, uid_validity
  ), head AS (
    INSERT INTO mailbox_head (account_id, mailbox_id, modseq)
    SELECT $1::uuid, mailbox_id, floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint
    FROM made
  )
  SELECT mailbox_id, name, uid_validity FROM made`,
)

/** Makes mailboxes with these names, which are free (the unique index says no otherwise), and their heads. */
export async function insertMailboxes(
  tx: Transaction,
  account: AccountId,
  mailboxes: readonly (readonly [name: string, specialUse: SpecialUse | null])[],
): Promise<readonly { id: MailboxId; name: string; uidValidity: number }[]> {
  const rows = await tx.query(insertStatement, [
    account,
    mailboxes.map(([name]) => name),
    mailboxes.map(([, specialUse]) => specialUse),
  ])
  return rows.map(([id, name, uidValidity]) => ({ id: mailboxId(id), name, uidValidity }))
}

const subscribeStatement = statement(
  'subscriptions_insert',
  `INSERT INTO subscription (account_id, name)
  SELECT $1::uuid, n FROM unnest($2::text[]) AS n ORDER BY n ON CONFLICT DO NOTHING`,
)

/** Subscribes to names; those that are subscribed already stay so. */
export async function insertSubscriptions(
  queries: Queries,
  account: AccountId,
  names: readonly string[],
): Promise<void> {
  await queries.execute(subscribeStatement, [account, names])
}

/** Gives a new account its mailboxes, in the transaction that creates it. */
export async function createDefaultMailboxes(tx: Transaction, account: AccountId): Promise<void> {
  await Promise.all([
    insertMailboxes(tx, account, defaultMailboxes),
    insertSubscriptions(
      tx,
      account,
      defaultMailboxes.map(([name]) => name),
    ),
  ])
}

const retireHeads = statement(
  'account_heads_retire',
  `WITH locked AS MATERIALIZED (
    SELECT account_id, mailbox_id FROM mailbox_head WHERE account_id = $1::uuid
    ORDER BY mailbox_id FOR NO KEY UPDATE
  )
  UPDATE mailbox_head h SET live = false FROM locked k
  WHERE h.account_id = k.account_id AND h.mailbox_id = k.mailbox_id`,
)
const retireMailboxes = statement(
  'account_mailboxes_retire',
  `UPDATE mailbox SET state = 'deleting', deleted_at = now()
  WHERE account_id = $1::uuid AND state = 'live'`,
)

/** Marks everything of an account that is being removed; the purge erases it in the background. */
export async function retireAccountMailboxes(tx: Transaction, account: AccountId): Promise<void> {
  await Promise.all([tx.execute(retireHeads, [account]), tx.execute(retireMailboxes, [account])])
}
