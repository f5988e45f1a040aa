import { LRUCache } from 'lru-cache'
import type { Database } from './database.ts'
import { DomainQuotas } from './domain-quotas.ts'
import { accountId, type AccountId } from './ids.ts'
import type { Quota, QuotaLimits, Quotas } from './quotas.ts'
import { statement, tupleStatement } from './statement.ts'
import type { StoreLog } from './store-log.ts'

/** One account's heads, by their key: a few rows. Mailboxes that are deleted no longer count. */
const usage = (account: string): string =>
  `SELECT coalesce(sum(bytes), 0)::bigint AS bytes, coalesce(sum(total), 0)::bigint AS messages
  FROM mailbox_head WHERE account_id = ${account} AND live`

const showStatement = tupleStatement<readonly [number, number, number | null, number | null]>(
  'quota_show',
  `SELECT u.bytes, u.messages, q.bytes, q.messages
  FROM (${usage('$1::uuid')}) u LEFT JOIN quota q ON q.account_id = $1::uuid`,
)
const setStatement = statement(
  'quota_set',
  `INSERT INTO quota (account_id, bytes, messages) VALUES ($1::uuid, $2, $3)
  ON CONFLICT (account_id) DO UPDATE SET bytes = excluded.bytes, messages = excluded.messages`,
)
const exceeds = (used: string, limits: string): string =>
  `($2::bigint > 0 AND ${used}bytes + $2::bigint > ${limits}.bytes)
    OR ($3::bigint > 0 AND ${used}messages + $3::bigint > ${limits}.messages)`
/** A domain's usage was summed before; an account's own is exact, and summed for those only that have a limit. */
const exceededStatement = tupleStatement<readonly [AccountId, boolean | null]>(
  'quota_exceeded',
  `SELECT a.account_id, x.is_over
  FROM unnest($1::uuid[]) AS a (account_id)
  CROSS JOIN LATERAL (
    SELECT bool_or(${exceeds('u.', 'q')} OR ${exceeds('t.used_', 't')}) AS is_over
    FROM (SELECT a.account_id) AS one
    LEFT JOIN quota q ON q.account_id = one.account_id
    LEFT JOIN LATERAL (${usage('q.account_id')}) u ON q.account_id IS NOT NULL
    LEFT JOIN address d ON d.account_id = one.account_id
    LEFT JOIN domain_quota t ON t.domain = d.domain
    WHERE q.account_id IS NOT NULL OR t.domain IS NOT NULL
    GROUP BY one.account_id
  ) x`,
)
/** Most accounts have no limit: that is remembered for a moment, so that nobody asks for each message. */
const unlimitedMs = 30_000

/** Limits of accounts and domains, in Postgres. An account without a row costs one look-up. */
export class QuotaTable implements Quotas {
  readonly #database: Database
  readonly #domains: DomainQuotas
  readonly #unlimited = new LRUCache<AccountId, true>({ max: 20_000, ttl: unlimitedMs })

  constructor(database: Database, log: StoreLog) {
    this.#database = database
    this.#domains = new DomainQuotas(database, log)
  }

  close(): void {
    this.#domains.close()
  }

  /** Somebody looked just now whether the account or its domain has a limit. */
  note(account: AccountId, isLimited: boolean): void {
    if (isLimited) this.#unlimited.delete(account)
    else this.#unlimited.set(account, true)
  }

  async show(account: AccountId): Promise<Quota> {
    const [row] = await this.#database.read(showStatement, [account])
    const [bytes, messages, maxBytes, maxMessages] = row ?? [0, 0, null, null]
    return {
      bytes: { used: bytes, limit: maxBytes ?? undefined },
      messages: { used: messages, limit: maxMessages ?? undefined },
    }
  }

  async set(account: AccountId, { bytes, messages }: QuotaLimits): Promise<void> {
    await this.#database.execute(setStatement, [account, bytes ?? null, messages ?? null])
    this.#unlimited.delete(account)
  }

  showDomain(domain: string): Promise<Quota | undefined> {
    return this.#domains.show(domain)
  }

  async setDomain(domain: string, limits: QuotaLimits): Promise<boolean> {
    const isOurs = await this.#domains.set(domain, limits)
    this.#unlimited.clear()
    return isOurs
  }

  full(accounts: readonly AccountId[]): Promise<ReadonlySet<AccountId>> {
    return this.#exceeded(accounts, 1, 1)
  }

  /** Whether this much more fits; what does not grow fits always. Two that ask at the same moment may both be told yes. */
  async hasRoom(account: AccountId, bytes: number, messages: number): Promise<boolean> {
    return (await this.#exceeded([account], bytes, messages)).size === 0
  }

  async #exceeded(accounts: readonly AccountId[], bytes: number, messages: number) {
    const asked = accounts.filter((account) => !this.#unlimited.has(account))
    if (asked.length === 0) return new Set<AccountId>()
    const rows = await this.#database.read(exceededStatement, [asked, bytes, messages])
    const limited = new Set(rows.map(([account]) => accountId(account)))
    for (const account of asked) if (!limited.has(account)) this.#unlimited.set(account, true)
    // NULL: the limit that there is is not reached, and the other one is not set.
    const over = rows.filter(([, isOver]) => isOver === true)
    return new Set(over.map(([account]) => accountId(account)))
  }
}
