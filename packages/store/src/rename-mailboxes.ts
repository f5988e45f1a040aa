import type { AccountId } from './ids.ts'
import { canonicalMailboxName, mailboxLimits, parentNames } from './mailbox-name.ts'
import type { MailboxOutcome } from './mailboxes.ts'
import { insertMailboxes } from './new-mailbox.ts'
import { statement, tupleStatement, type Transaction } from './statement.ts'

const treeStatement = tupleStatement<readonly [number, string]>(
  'mailboxes_tree',
  `SELECT mailbox_id, name FROM mailbox WHERE account_id = $1::uuid AND state = 'live'`,
)
/**
 * UIDVALIDITY goes with the mailbox. Only where the new name was somebody else's with a higher one, the mailbox gets a
 * higher one still: a client that remembers that name must not take old UIDs for these (RFC 3501 §2.3.1.1).
 */
const renameStatement = statement(
  'mailboxes_rename',
  `UPDATE mailbox m SET name = n.name, uid_validity = CASE
    WHEN EXISTS (
      SELECT FROM mailbox d WHERE d.account_id = m.account_id AND d.name = n.name
        AND d.state = 'deleting' AND d.uid_validity > m.uid_validity)
    THEN n.ord + (SELECT max(uid_validity) FROM mailbox a WHERE a.account_id = m.account_id)
    ELSE m.uid_validity END
  FROM unnest($2::bigint[], $3::text[]) WITH ORDINALITY AS n (mailbox_id, name, ord)
  WHERE m.account_id = $1::uuid AND m.mailbox_id = n.mailbox_id`,
)

/** Renames a mailbox and all below it (RFC 3501 §6.3.5). Missing parents of the new name are created. */
export async function renameMailboxes(
  tx: Transaction,
  account: AccountId,
  source: string,
  target: string,
): Promise<MailboxOutcome> {
  const all = await tx.query(treeStatement, [account])
  const below = `${source}/`
  const moving = all.filter(([, name]) => name === source || name.startsWith(below))
  if (moving.length === 0) return { ok: false, reason: 'nonexistent' }
  // Into itself: the new parent would be its own child.
  if (target === source || target.startsWith(below)) return { ok: false, reason: 'exists' }
  const names = new Set(all.map(([, name]) => name))
  const renamed = moving.map(([id, name]) => [id, target + name.slice(source.length)] as const)
  if (names.has(target) || renamed.some(([, name]) => names.has(name))) {
    return { ok: false, reason: 'exists' }
  }
  if (renamed.some(([, name]) => canonicalMailboxName(name) !== name)) {
    return { ok: false, reason: 'limit' }
  }
  const missing = parentNames(target).filter((parent) => !names.has(parent))
  if (names.size + missing.length > mailboxLimits.mailboxes) return { ok: false, reason: 'limit' }
  if (missing.length > 0) {
    await insertMailboxes(
      tx,
      account,
      missing.map((parent) => [parent, null] as const),
    )
  }
  await tx.execute(renameStatement, [
    account,
    renamed.map(([id]) => id),
    renamed.map(([, name]) => name),
  ])
  return { ok: true }
}
