import { and, eq, isNull } from 'drizzle-orm'

import type { StoreAddress } from './address.ts'
import { drizzleOn } from './drizzle-on.ts'
import { address, aliasTarget } from './schema.ts'
import type { Transaction } from './statement.ts'

/** Adds an alias and its targets; false where an account or alias has the address. */
export async function insertAlias(
  tx: Transaction,
  alias: StoreAddress,
  targets: readonly StoreAddress[],
  maySend: boolean,
): Promise<boolean> {
  const db = drizzleOn(tx)
  const { domain, localKey, localPart } = alias
  const made = await db
    .insert(address)
    .values({ domain, localKey, localPart })
    .onConflictDoNothing()
    .returning({ domain: address.domain })
  if (made.length === 0) return false
  const rows = targets.map((target, index) => ({
    domain,
    localKey,
    n: index + 1,
    targetDomain: target.domain,
    targetKey: target.localKey,
    targetLocalPart: target.localPart,
    maySend,
  }))
  await db.insert(aliasTarget).values(rows)
  return true
}

/** Takes an alias away, its targets with it; false where there is none of this address. */
export async function deleteAlias(tx: Transaction, alias: StoreAddress): Promise<boolean> {
  const { domain, localKey } = alias
  const gone = await drizzleOn(tx)
    .delete(address)
    .where(
      and(eq(address.domain, domain), eq(address.localKey, localKey), isNull(address.accountId)),
    )
    .returning({ domain: address.domain })
  return gone.length === 1
}

/** Lets those it leads to write as an alias, or not; false where there is none of this address. */
export async function updateMaySend(
  tx: Transaction,
  alias: StoreAddress,
  maySend: boolean,
): Promise<boolean> {
  const { domain, localKey } = alias
  const changed = await drizzleOn(tx)
    .update(aliasTarget)
    .set({ maySend })
    .where(and(eq(aliasTarget.domain, domain), eq(aliasTarget.localKey, localKey)))
    .returning({ n: aliasTarget.n })
  return changed.length > 0
}
