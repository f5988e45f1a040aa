import type { Database } from './database.ts'
import type { AccountId } from './ids.ts'
import type { Passwords } from './passwords.ts'
import { statement } from './statement.ts'
import type { StoreLog } from './store-log.ts'

const rehash = statement(
  'account_rehash',
  'UPDATE account SET password = $3 WHERE account_id = $1 AND password = $2',
)

/** What was hashed at another cost is hashed again, behind the login's back: a failure costs nothing but another try. */
export async function rehashOutdated(
  {
    database,
    log,
    passwords,
  }: {
    readonly database: Database
    readonly log: StoreLog
    readonly passwords: Passwords
  },
  account: AccountId,
  stored: string,
  password: string,
): Promise<void> {
  if (!passwords.isOutdated(stored)) return
  try {
    await database.execute(rehash, [account, stored, await passwords.hash(password)])
  } catch (error) {
    log.debug('store.rehash.failed', { account, because: String(error) })
  }
}
