import { and, eq } from 'drizzle-orm'

import { drizzleOn } from './drizzle-on.ts'
import type { AccountId } from './ids.ts'
import { appPassword } from './schema-sign-in.ts'
import type { Transaction } from './statement.ts'

/** Keeps a new app password. */
export async function insertAppPassword(
  tx: Transaction,
  row: {
    readonly id: string
    readonly accountId: AccountId
    readonly name: string
    readonly hash: Buffer
    readonly protocols: readonly string[]
    readonly expiresAt: Date | null
  },
): Promise<void> {
  const { id: appPasswordId, protocols, ...rest } = row
  await drizzleOn(tx)
    .insert(appPassword)
    .values({ appPasswordId, protocols: [...protocols], ...rest })
}

/** Takes one away; gives its name, undefined where the account has none of this id. */
export async function deleteAppPassword(
  tx: Transaction,
  accountId: AccountId,
  id: string,
): Promise<string | undefined> {
  const gone = await drizzleOn(tx)
    .delete(appPassword)
    .where(and(eq(appPassword.accountId, accountId), eq(appPassword.appPasswordId, id)))
    .returning({ name: appPassword.name })
  return gone[0]?.name
}
