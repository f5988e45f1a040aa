import { accountChannel } from './account-channel.ts'
import type { AccountRename, RenameOptions } from './accounts.ts'
import { formatStoreAddress, parseStoreAddress, type StoreAddress } from './address.ts'
import { writeAudit } from './audit-trail.ts'
import type { Actor } from './audit.ts'
import type { Database } from './database.ts'
import { domainAliases, isDomainAlias } from './domain-hold.ts'
import { findByAddress } from './find-account.ts'
import type { AccountId } from './ids.ts'
import { statement, type Transaction } from './statement.ts'
import { sqlState } from './unavailable.ts'

/** $1 account, $2 domain and $3 key as they were, $4 to $6 as they are to be. Nothing where somebody was faster. */
const move = statement(
  'account_rename',
  `UPDATE address SET domain = $4, local_key = $5, local_part = $6
  WHERE account_id = $1::uuid AND domain = $2 AND local_key = $3`,
)
const endSessions = statement(
  'account_rename_epoch',
  'UPDATE account SET epoch = epoch + 1 WHERE account_id = $1::uuid',
)

/**
 * What led to the old address, under whichever of its domains' names ($1), leads to the new one, tags and all; but for a tag that
 * is an address of its own ($6 is the domain it would stand in).
 */
const lead = (table: string, column: (part: 'domain' | 'key' | 'local_part') => string): string =>
  `UPDATE ${table} SET ${column('domain')} = $3, ${column('key')} = $4 || substr(${column('key')}, length($2) + 1),
    ${column('local_part')} = $5 || substr(${column('local_part')}, length($2) + 1)
  WHERE ${column('domain')} = ANY ($1::text[])
    AND (${column('key')} = $2 OR (left(${column('key')}, length($2) + 1) = $2 || '+' AND NOT EXISTS (
      SELECT FROM address o WHERE o.domain = $6 AND o.local_key = ${column('key')})))`
const leadAliases = statement(
  'account_rename_aliases',
  lead('alias_target', (part) => `target_${part}`),
)
const leadForwards = statement(
  'account_rename_forwards',
  lead('forward_target', (part) => `target_${part}`),
)
const leadLastResorts = statement(
  'account_rename_catchalls',
  lead('domain', (part) => `catchall_${part}`),
)

/** Domains whose last resort it was are changed after its own is held: that may cross with a change of theirs. */
const crossing = { retry: true }

/** See `Accounts.rename`. */
export async function renameAccount(
  database: Database,
  from: string,
  to: string,
  by: Actor,
  { keepsAlias = false, isRehearsal = false }: RenameOptions,
): Promise<AccountRename> {
  const target = parseStoreAddress(to)
  if (target === undefined) return 'malformed'
  const found = await findByAddress(database, from)
  const old = parseStoreAddress(found?.account.address ?? '')
  if (found === undefined || old === undefined) return 'not-found'
  const { id, address } = found.account
  if (formatStoreAddress(target) === address) return 'exists'
  try {
    return await database.transact(async (tx) => {
      if (await isDomainAlias(tx, target.domain)) return 'domain-alias'
      if (!(await moveAddress(tx, id, old, target))) return 'not-found'
      const led = await leadOthers(tx, old, target)
      if (keepsAlias) await keepOld(tx, old, target)
      await tx.execute(endSessions, [id])
      const details = { to: formatStoreAddress(target), keepsAlias, led }
      await writeAudit(tx, by, 'account.renamed', address, details)
      tx.notify(accountChannel, id)
      if (isRehearsal) throw new Rehearsed()
      return 'done'
    }, crossing)
  } catch (error) {
    if (error instanceof Rehearsed) return 'done'
    if (sqlState(error) === '23505') return 'exists'
    if (sqlState(error) === '23503') return 'unknown-domain'
    throw error
  }
}

/** Undoes the transaction. */
class Rehearsed extends Error {}

async function moveAddress(
  tx: Transaction,
  id: AccountId,
  old: StoreAddress,
  { domain, localKey, localPart }: StoreAddress,
): Promise<boolean> {
  const values = [id, old.domain, old.localKey, domain, localKey, localPart]
  return (await tx.execute(move, values)) === 1
}

/** How many targets lead to the new address now. */
async function leadOthers(
  tx: Transaction,
  old: StoreAddress,
  { domain, localKey, localPart }: StoreAddress,
): Promise<number> {
  const names = [old.domain, ...(await domainAliases(tx, old.domain))]
  const values = [names, old.localKey, domain, localKey, localPart, old.domain]
  let led = 0
  for (const each of [leadAliases, leadForwards, leadLastResorts]) {
    led += await tx.execute(each, values)
  }
  return led
}

/** The old address, unless it is the new one in another spelling. */
async function keepOld(tx: Transaction, old: StoreAddress, target: StoreAddress): Promise<void> {
  if (old.domain === target.domain && old.localKey === target.localKey) return
  const { insertAlias } = await import('./alias-writes.ts')
  await insertAlias(tx, old, [target], true)
}
