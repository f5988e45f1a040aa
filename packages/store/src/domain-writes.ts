import { and, count, eq, exists, inArray, not, sql } from 'drizzle-orm'

import type { StoreAddress } from './address.ts'
import { drizzleOn } from './drizzle-on.ts'
import { address, domain } from './schema.ts'
import { statement, type Transaction } from './statement.ts'

/** What a locked domain is. */
export interface LockedDomain {
  readonly aliasOf: string | null
  readonly hasCatchAll: boolean
  /** Others are aliases of it. */
  readonly isAliased: boolean
}

/** Adds a domain; false where it is there already. */
export async function insertDomain(tx: Transaction, name: string): Promise<boolean> {
  const rows = await drizzleOn(tx)
    .insert(domain)
    .values({ name })
    .onConflictDoNothing()
    .returning({ name: domain.name })
  return rows.length === 1
}

const lock = statement('domain_lock', 'SELECT FROM domain WHERE name = $1 FOR UPDATE')
const locked = statement<LockedDomain>(
  'domain_locked',
  `SELECT d.alias_of AS "aliasOf", d.catchall_domain IS NOT NULL AS "hasCatchAll",
    EXISTS (SELECT FROM domain o WHERE o.alias_of = d.name) AS "isAliased"
  FROM domain d WHERE d.name = $1`,
)

/**
 * A domain's row, locked: no address can be made in it, and it can neither go nor become the alias of another, until the
 * transaction is over. Undefined where it is not there.
 */
export async function lockDomain(tx: Transaction, name: string): Promise<LockedDomain | undefined> {
  await tx.query(lock, [name])
  // Looked at by a statement of its own, which sees what was committed while the lock was waited for.
  const [found] = await tx.query(locked, [name])
  return found
}

/** Whether an account or alias stands in a domain. */
export async function hasAddresses(tx: Transaction, name: string): Promise<boolean> {
  const [row] = await drizzleOn(tx)
    .select({ n: count() })
    .from(address)
    .where(eq(address.domain, name))
  return (row?.n ?? 0) > 0
}

/** Whether somebody has an address, with or without its tag. */
export async function isTaken(
  tx: Transaction,
  { domain: name, localKey }: StoreAddress,
): Promise<boolean> {
  const base = localKey.replace(/(?<=.)\+.*$/s, '')
  const rows = await drizzleOn(tx)
    .select({ domain: address.domain })
    .from(address)
    .where(and(eq(address.domain, name), inArray(address.localKey, [localKey, base])))
  return rows.length > 0
}

/** Sets, or takes away, where mail goes whose address nobody has. */
export async function updateCatchAll(
  tx: Transaction,
  name: string,
  target: StoreAddress | undefined,
): Promise<void> {
  await drizzleOn(tx)
    .update(domain)
    .set({
      catchallDomain: target?.domain ?? null,
      catchallKey: target?.localKey ?? null,
      catchallLocalPart: target?.localPart ?? null,
    })
    .where(eq(domain.name, name))
}

/** Says whether whoever gets that mail may write as its addresses. */
export async function updateCatchAllSending(
  tx: Transaction,
  name: string,
  catchallMaySend: boolean,
): Promise<void> {
  await drizzleOn(tx).update(domain).set({ catchallMaySend }).where(eq(domain.name, name))
}

/** Switches a domain on or off; off twice keeps the first time. False where it is not there. */
export async function updateDomainEnabled(
  tx: Transaction,
  name: string,
  isEnabled: boolean,
): Promise<boolean> {
  const disabledAt = isEnabled ? null : sql`coalesce(${domain.disabledAt}, now())`
  const rows = await drizzleOn(tx)
    .update(domain)
    .set({ disabledAt })
    .where(eq(domain.name, name))
    .returning({ name: domain.name })
  return rows.length === 1
}

/** Makes a domain, whose row is locked, an alias of another, or none any more. */
export async function updateAliasOf(
  tx: Transaction,
  name: string,
  aliasOf: string | undefined,
): Promise<void> {
  await drizzleOn(tx)
    .update(domain)
    .set({ aliasOf: aliasOf ?? null })
    .where(eq(domain.name, name))
}

/** Takes a domain away unless an address stands in it, or a domain is its alias. */
export async function deleteDomain(
  tx: Transaction,
  name: string,
): Promise<'done' | 'not-found' | 'not-empty' | 'has-aliases'> {
  // The row's lock keeps new addresses (whose foreign key needs it) out until we are done.
  const found = await lockDomain(tx, name)
  if (found === undefined) return 'not-found'
  if (found.isAliased) return 'has-aliases'
  const db = drizzleOn(tx)
  const used = db.select({ domain: address.domain }).from(address).where(eq(address.domain, name))
  const gone = await db
    .delete(domain)
    .where(and(eq(domain.name, name), not(exists(used))))
    .returning({ name: domain.name })
  return gone.length === 1 ? 'done' : 'not-empty'
}
