import { LRUCache } from 'lru-cache'
import type { Database } from './database.ts'
import { FilterSettings, type AccountFilter } from './filter-settings.ts'
import { readPoints } from './filter-settings-specs.ts'
import { accountId, type AccountId } from './ids.ts'
import { tupleStatement } from './statement.ts'

/** The channel that tells of changes. Payload: an account's id, or nothing where it is everybody's. */
export const filterChannel = 'posthouse_filter'

/** What is older is read again, behind the back of whoever asks: a wake-up may have been lost. */
const staleMs = 60_000

type RuleRow = readonly [rule: 'allow' | 'block', subject: string]

const settingsStatement = tupleStatement<readonly [string, string]>(
  'filter_settings',
  'SELECT name, value FROM filter_setting',
)
const commonStatement = tupleStatement<RuleRow>(
  'filter_rules_common',
  'SELECT rule, subject FROM filter_rule WHERE account_id IS NULL',
)
const ownStatement = tupleStatement<readonly [AccountId, kind: string, text: string]>(
  'filter_rules_own',
  `SELECT account_id, rule, subject FROM filter_rule WHERE account_id = ANY ($1::uuid[])
  UNION ALL
  SELECT account_id, name, value FROM account_setting
  WHERE account_id = ANY ($1::uuid[]) AND name IN ('filter.junk', 'filter.quarantine')`,
)

/** What is everybody's. */
interface Common {
  readonly settings: FilterSettings
  readonly rules: readonly RuleRow[]
}

/** Of one account, and when it was read. */
interface Own {
  readonly rules: readonly RuleRow[]
  readonly junk: number | undefined
  readonly quarantine: number | undefined
  readonly at: number
}

/** The filter's settings in memory. */
export class FilterSettingCache {
  readonly #database: Database
  readonly #listeners = new Set<() => void>()
  readonly #own = new LRUCache<AccountId, Own>({ max: 50_000 })
  #common: Promise<Common> | undefined
  #settings = new FilterSettings()
  #commonAt = 0
  /** Grows with each change: what was read before it is not kept. */
  #generation = 0
  #isListening = false
  readonly #staleMs: number

  constructor(database: Database, staleAfterMs = staleMs) {
    this.#database = database
    this.#staleMs = staleAfterMs
  }

  async settings(): Promise<FilterSettings> {
    return (await this.#commonNow()).settings
  }

  onChange(listener: () => void): () => void {
    this.#listen()
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async forAccounts(
    accounts: readonly AccountId[],
  ): Promise<ReadonlyMap<AccountId, AccountFilter>> {
    const common = await this.#commonNow()
    const now = performance.now()
    const unknown = accounts.filter((account) => !this.#own.has(account))
    const fresh = unknown.length === 0 ? new Map<AccountId, Own>() : await this.#read(unknown)
    const stale = accounts.filter(
      (account) => now - (this.#own.peek(account)?.at ?? now) > this.#staleMs,
    )
    if (stale.length > 0) this.#read(stale).catch(() => {})
    return new Map(
      accounts.flatMap((account) => {
        const own = fresh.get(account) ?? this.#own.get(account)
        return own === undefined ? [] : [[account, together(own, common)] as const]
      }),
    )
  }

  /** Forgets what a change made here has made wrong, without waiting to be woken. */
  forget(account: AccountId | undefined): void {
    this.#generation++
    if (account === undefined) this.#common = undefined
    else this.#own.delete(account)
    if (account === undefined) for (const listener of this.#listeners) listener()
  }

  #commonNow(): Promise<Common> {
    this.#listen()
    const now = performance.now()
    if (this.#common !== undefined && now - this.#commonAt <= this.#staleMs) return this.#common
    this.#commonAt = now
    const known = this.#common
    const generation = this.#generation
    const read = this.#readCommon()
    read.then(
      () => {
        if (generation === this.#generation) this.#common = read
      },
      () => {
        if (this.#common === read) this.#common = undefined
      },
    )
    if (known !== undefined) return known
    this.#common = read
    return read
  }

  /** What has not changed stays the same object. */
  async #readCommon(): Promise<Common> {
    const [stored, rules] = await Promise.all([
      this.#database.read(settingsStatement),
      this.#database.read(commonStatement),
    ])
    const settings = new FilterSettings(new Map(stored))
    if (!this.#settings.equals(settings)) this.#settings = settings
    return { settings: this.#settings, rules }
  }

  async #read(accounts: readonly AccountId[]): Promise<ReadonlyMap<AccountId, Own>> {
    const generation = this.#generation
    const rows = await this.#database.read(ownStatement, [accounts])
    const found = new Map(
      accounts.map((account) => {
        const own = rows.filter(([owner]) => owner === account)
        return [account, ownOf(own.map(([, kind, text]) => [kind, text]))] as const
      }),
    )
    if (generation === this.#generation) {
      for (const [account, own] of found) this.#own.set(account, own)
    }
    return found
  }

  /** Not before somebody asks: a command of the command line needs no connection for it. */
  #listen(): void {
    if (this.#isListening) return
    this.#isListening = true
    this.#database.notifier.listen(filterChannel, {
      onWake: (payload) => this.forget(payload === '' ? undefined : accountId(payload)),
      onGap: () => {
        this.#own.clear()
        this.forget(undefined)
      },
    })
  }
}

function ownOf(rows: readonly (readonly [kind: string, text: string])[]): Own {
  const value = (name: string): number | undefined => {
    const text = rows.find(([kind]) => kind === name)?.[1]
    return text === undefined ? undefined : readPoints(text)
  }
  return {
    rules: rows.flatMap(([kind, text]): RuleRow[] =>
      kind === 'allow' || kind === 'block' ? [[kind, text]] : [],
    ),
    junk: value('filter.junk'),
    quarantine: value('filter.quarantine'),
    at: performance.now(),
  }
}

/** An account's own word on a sender counts before everybody's. */
function together(own: Own, common: Common): AccountFilter {
  const said = new Set(own.rules.map(([, subject]) => subject))
  const rules = [...own.rules, ...common.rules.filter(([, subject]) => !said.has(subject))]
  const of = (wanted: 'allow' | 'block'): readonly string[] =>
    rules.flatMap(([rule, subject]) => (rule === wanted ? [subject] : []))
  return {
    ...(own.junk !== undefined && { junk: own.junk }),
    ...(own.quarantine !== undefined && { quarantine: own.quarantine }),
    allowed: of('allow'),
    blocked: of('block'),
  }
}
