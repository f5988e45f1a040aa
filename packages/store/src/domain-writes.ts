import { and, eq, exists, not } from 'drizzle-orm'

import { drizzleOn } from './drizzle-on.ts'
import { address, domain } from './schema.ts'
import type { Transaction } from './statement.ts'

/** Adds a domain; false where it is there already. */
export async function insertDomain(tx: Transaction, name: string): Promise<boolean> {
  const rows = await drizzleOn(tx)
    .insert(domain)
    .values({ name })
    .onConflictDoNothing()
    .returning({ name: domain.name })
  return rows.length === 1
}

/** Takes a domain away unless an address stands in it. */
export async function deleteDomain(
  tx: Transaction,
  name: string,
): Promise<'done' | 'not-found' | 'not-empty'> {
  const db = drizzleOn(tx)
  // The row's lock keeps new addresses (whose foreign key needs it) out until we are done.
  const found = await db
    .select({ name: domain.name })
    .from(domain)
    .where(eq(domain.name, name))
    .for('update')
  if (found.length === 0) return 'not-found'
  const used = db.select({ domain: address.domain }).from(address).where(eq(address.domain, name))
  const gone = await db
    .delete(domain)
    .where(and(eq(domain.name, name), not(exists(used))))
    .returning({ name: domain.name })
  return gone.length === 1 ? 'done' : 'not-empty'
}
