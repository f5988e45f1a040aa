import { eq, sql } from 'drizzle-orm'

import type { StoreAddress } from './address.ts'
import { drizzleOn } from './drizzle-on.ts'
import type { AccountId } from './ids.ts'
import { account, address } from './schema.ts'
import type { Transaction } from './statement.ts'

/** Adds an account with its address; false where an account or alias has it. Its mailboxes are made by the caller. */
export async function insertAccount(
  tx: Transaction,
  accountId: AccountId,
  { domain, localKey, localPart }: StoreAddress,
  details: { readonly name: string; readonly password: string | null },
): Promise<boolean> {
  const db = drizzleOn(tx)
  await db.insert(account).values({ accountId, ...details })
  const made = await db
    .insert(address)
    .values({ domain, localKey, localPart, accountId })
    .onConflictDoNothing()
    .returning({ domain: address.domain })
  return made.length === 1
}

const nextEpoch = sql`${account.epoch} + 1`

/** Keeps another password. Sessions end. */
export async function updatePassword(
  tx: Transaction,
  accountId: AccountId,
  password: string,
): Promise<void> {
  await drizzleOn(tx)
    .update(account)
    .set({ password, epoch: nextEpoch })
    .where(eq(account.accountId, accountId))
}

/**
 * Switches an account on or off; one that is off takes no mail, unless it keeps receiving. Off twice keeps the first time; sessions
 * end, even if it is soon on again.
 */
export async function updateEnabled(
  tx: Transaction,
  accountId: AccountId,
  isEnabled: boolean,
  keepsReceiving: boolean,
): Promise<void> {
  const disabledAt = sql`coalesce(${account.disabledAt}, now())`
  const changes = isEnabled
    ? { disabledAt: null, keepsReceiving: false }
    : { disabledAt, keepsReceiving, epoch: nextEpoch }
  await drizzleOn(tx).update(account).set(changes).where(eq(account.accountId, accountId))
}
