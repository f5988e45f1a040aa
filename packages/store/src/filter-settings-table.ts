import type { Actor } from './audit.ts'
import { formatStoreAddress } from './address.ts'
import { writeAudit } from './audit-trail.ts'
import type { Database } from './database.ts'
import { filterChannel, FilterSettingCache } from './filter-settings-cache.ts'
import { mostRules, ruleSubject, type FilterRule } from './filter-settings-rules.ts'
import type {
  AccountFilter,
  FilterSettingChange,
  FilterSettings,
  FilterSettingStore,
} from './filter-settings.ts'
import { accountId, type AccountId } from './ids.ts'
import { statement, tupleStatement, type Transaction } from './statement.ts'

const setStatement = statement(
  'filter_setting_set',
  `INSERT INTO filter_setting (name, value) VALUES ($1, $2)
  ON CONFLICT (name) DO UPDATE SET value = excluded.value`,
)
const resetStatement = statement(
  'filter_setting_reset',
  'DELETE FROM filter_setting WHERE name = $1',
)
const rulesStatement = tupleStatement<
  readonly [
    rule: 'allow' | 'block',
    subject: string,
    account: AccountId | null,
    domain: string | null,
    localPart: string | null,
    madeAt: Date,
  ]
>(
  'filter_rules',
  `SELECT r.rule, r.subject, r.account_id, a.domain, a.local_part, r.made_at
  FROM filter_rule r LEFT JOIN address a ON a.account_id = r.account_id
  WHERE $1 OR r.account_id IS NOT DISTINCT FROM $2::uuid
  ORDER BY a.domain NULLS FIRST, a.local_part, r.account_id, r.rule, r.subject LIMIT 100000`,
)
const countStatement = tupleStatement<readonly [number]>(
  'filter_rules_count',
  'SELECT count(*) FROM filter_rule WHERE account_id IS NOT DISTINCT FROM $1::uuid',
)
const addStatement = statement(
  'filter_rule_add',
  `INSERT INTO filter_rule (account_id, subject, rule) VALUES ($1::uuid, $2, $3)
  ON CONFLICT (account_id, subject) DO UPDATE SET rule = excluded.rule, made_at = now()`,
)
const removeStatement = statement(
  'filter_rule_remove',
  `DELETE FROM filter_rule
  WHERE account_id IS NOT DISTINCT FROM $1::uuid AND subject = $2 AND rule = $3`,
)

/** The filter's settings and lists, in Postgres. */
export class FilterSettingTable implements FilterSettingStore {
  readonly #database: Database
  readonly #cache: FilterSettingCache

  constructor(database: Database) {
    this.#database = database
    this.#cache = new FilterSettingCache(database)
  }

  current(): Promise<FilterSettings> {
    return this.#cache.settings()
  }

  forAccounts(accounts: readonly AccountId[]): Promise<ReadonlyMap<AccountId, AccountFilter>> {
    return this.#cache.forAccounts(accounts)
  }

  onChange(listener: () => void): () => void {
    return this.#cache.onChange(listener)
  }

  async change(changes: readonly FilterSettingChange[], by: Actor): Promise<void> {
    await this.#database.transact(async (tx) => {
      for (const { name, value } of changes) {
        if (value === undefined) await tx.execute(resetStatement, [name])
        else await tx.execute(setStatement, [name, value])
      }
      const details = Object.fromEntries(changes.map(({ name, value }) => [name, value ?? null]))
      await writeAudit(tx, by, 'filter.settings-changed', 'filter', details)
      tx.notify(filterChannel, '')
      tx.afterCommit(() => this.#cache.forget(undefined))
    })
  }

  async rules(of: AccountId | undefined | 'all'): Promise<readonly FilterRule[]> {
    const isAll = of === 'all'
    const rows = await this.#database.query(rulesStatement, [isAll, isAll ? null : (of ?? null)])
    return rows.map(([rule, subject, account, domain, localPart, madeAt]) => ({
      rule,
      subject,
      account: account === null ? undefined : accountId(account),
      address:
        domain === null || localPart === null
          ? undefined
          : formatStoreAddress({ domain, localPart }),
      madeAt,
    }))
  }

  async addRule(
    rule: 'allow' | 'block',
    text: string,
    account: AccountId | undefined,
    by: Actor,
  ): Promise<'done' | 'malformed' | 'full'> {
    const subject = ruleSubject(text)
    if (subject === undefined) return 'malformed'
    const [row] = await this.#database.query(countStatement, [account ?? null])
    if ((row?.[0] ?? 0) >= mostRules) return 'full'
    await this.#changeRule(`${rule}-added`, subject, account, by, (tx) =>
      tx.execute(addStatement, [account ?? null, subject, rule]),
    )
    return 'done'
  }

  async removeRule(
    rule: 'allow' | 'block',
    text: string,
    account: AccountId | undefined,
    by: Actor,
  ): Promise<'done' | 'malformed' | 'not-found'> {
    const subject = ruleSubject(text)
    if (subject === undefined) return 'malformed'
    const count = await this.#changeRule(`${rule}-removed`, subject, account, by, (tx) =>
      tx.execute(removeStatement, [account ?? null, subject, rule]),
    )
    return count === 0 ? 'not-found' : 'done'
  }

  #changeRule(
    action: string,
    subject: string,
    account: AccountId | undefined,
    by: Actor,
    work: (tx: Transaction) => Promise<number>,
  ): Promise<number> {
    return this.#database.transact(async (tx) => {
      const count = await work(tx)
      if (count === 0) return 0
      await writeAudit(
        tx,
        by,
        `filter.${action}`,
        subject,
        account === undefined ? {} : { account },
      )
      tx.notify(filterChannel, account ?? '')
      tx.afterCommit(() => this.#cache.forget(account))
      return count
    })
  }
}
