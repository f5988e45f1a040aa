import { LRUCache } from 'lru-cache'
import type { Database } from './database.ts'
import { accountId, type AccountId } from './ids.ts'
import type { Quota, QuotaLimits, Quotas } from './quotas.ts'
import { statement, tupleStatement } from './statement.ts'

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
const exceededStatement = tupleStatement<readonly [AccountId, boolean | null]>(
  'quota_exceeded',
  `SELECT q.account_id, ($2::bigint > 0 AND u.bytes + $2::bigint > q.bytes)
    OR ($3::bigint > 0 AND u.messages + $3::bigint > q.messages)
  FROM quota q CROSS JOIN LATERAL (${usage('q.account_id')}) u
  WHERE q.account_id = ANY ($1::uuid[])`,
)
/** Most accounts have no limit: that is remembered for a moment, so that RCPT asks seldom. */
const unlimitedMs = 30_000

/** Limits of accounts, in Postgres. An account without a row costs one look-up. */
export class QuotaTable implements Quotas {
  readonly #database: Database
  readonly #unlimited = new LRUCache<AccountId, true>({ max: 20_000, ttl: unlimitedMs })

  constructor(database: Database) {
    this.#database = database
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
    this.#unlimited.delete(account)
    await this.#database.execute(setStatement, [account, bytes ?? null, messages ?? null])
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
