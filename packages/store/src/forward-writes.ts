import { eq, inArray, sql } from 'drizzle-orm'
import type { StoreAddress } from './address.ts'
import { drizzleOn } from './drizzle-on.ts'
import type { AccountId } from './ids.ts'
import { forward, forwardResume, forwardTarget } from './schema-forward.ts'
import type { Transaction } from './statement.ts'

/** Sets where an account's mail goes on to, instead of what was set before. */
export async function writeForward(
  tx: Transaction,
  accountId: AccountId,
  targets: readonly StoreAddress[],
  keepsCopy: boolean,
): Promise<void> {
  const db = drizzleOn(tx)
  await db
    .insert(forward)
    .values({ accountId, keepsCopy })
    .onConflictDoUpdate({ target: forward.accountId, set: { keepsCopy, setAt: sql`now()` } })
  await db.delete(forwardTarget).where(eq(forwardTarget.accountId, accountId))
  await db.insert(forwardTarget).values(
    targets.map((target, index) => ({
      accountId,
      n: index + 1,
      targetDomain: target.domain,
      targetKey: target.localKey,
      targetLocalPart: target.localPart,
    })),
  )
}

/** Takes it away; false where there was none. */
export async function deleteForward(tx: Transaction, accountId: AccountId): Promise<boolean> {
  const gone = await drizzleOn(tx)
    .delete(forward)
    .where(eq(forward.accountId, accountId))
    .returning({ accountId: forward.accountId })
  return gone.length === 1
}

/** What was answered on these paths until now counts no more. */
export async function writeResume(tx: Transaction, paths: readonly string[]): Promise<void> {
  if (paths.length === 0) return
  const db = drizzleOn(tx)
  await db.delete(forwardResume).where(inArray(forwardResume.path, [...paths]))
  await db.insert(forwardResume).values(paths.map((path) => ({ path })))
}
