import {
  settingsOf,
  settingSpecs,
  type AccountSettings,
  type AllAccountSettings,
  type SettingChange,
} from './account-settings.ts'
import type { Actor } from './audit.ts'
import { writeAudit } from './audit-trail.ts'
import type { Database } from './database.ts'
import { filterChannel } from './filter-settings-cache.ts'
import { findByAddress } from './find-account.ts'
import type { AccountId } from './ids.ts'
import { tupleStatement } from './statement.ts'

const ofAccount = tupleStatement<readonly [string, string]>(
  'account_setting_of',
  'SELECT name, value FROM account_setting WHERE account_id = $1::uuid',
)
const valuesOf = tupleStatement<readonly [string]>(
  'account_setting_values',
  `SELECT DISTINCT s.value FROM account_setting s
  JOIN address a ON a.account_id = s.account_id WHERE s.name = $1`,
)

/** Settings of accounts, in Postgres. */
export class AccountSettingTable implements AllAccountSettings {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  async of(account: AccountId): Promise<AccountSettings> {
    return settingsOf(new Map(await this.#database.read(ofAccount, [account])))
  }

  async change(
    address: string,
    changes: readonly SettingChange[],
    by: Actor,
  ): Promise<'done' | 'not-found'> {
    const known = await findByAddress(this.#database, address)
    if (known === undefined) return 'not-found'
    const { account } = known
    const { writeSetting } = await import('./account-setting-writes.ts')
    await this.#database.transact(async (tx) => {
      for (const change of changes) await writeSetting(tx, account.id, change)
      const details = Object.fromEntries(changes.map(({ name, value }) => [name, value ?? null]))
      await writeAudit(tx, by, 'account.settings-changed', account.address, details)
      tx.notify(filterChannel, account.id)
    })
    return 'done'
  }

  async longestLoginDelay(): Promise<number> {
    const rows = await this.#database.read(valuesOf, ['pop3.login-delay'])
    const spec = settingSpecs['pop3.login-delay']
    return Math.max(0, ...rows.map(([value]) => spec.read(value) ?? 0))
  }
}
