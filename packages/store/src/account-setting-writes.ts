import { and, eq, sql } from 'drizzle-orm'

import type { SettingChange } from './account-settings.ts'
import { drizzleOn } from './drizzle-on.ts'
import type { AccountId } from './ids.ts'
import { accountSetting } from './schema-sign-in.ts'
import type { Transaction } from './statement.ts'

/** Keeps a setting, or forgets it, which means its default. */
export async function writeSetting(
  tx: Transaction,
  accountId: AccountId,
  { name, value }: SettingChange,
): Promise<void> {
  const db = drizzleOn(tx)
  if (value === undefined) {
    const same = and(eq(accountSetting.accountId, accountId), eq(accountSetting.name, name))
    await db.delete(accountSetting).where(same)
    return
  }
  await db
    .insert(accountSetting)
    .values({ accountId, name, value })
    .onConflictDoUpdate({
      target: [accountSetting.accountId, accountSetting.name],
      set: { value: sql`excluded.value` },
    })
}
