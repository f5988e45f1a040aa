import { domainKey } from './address.ts'
import type { Database } from './database.ts'
import type { Quota, QuotaLimits } from './quotas.ts'
import { statement, tupleStatement } from './statement.ts'
import type { StoreLog } from './store-log.ts'

/** Usage of a domain is at most about this old. */
const sumEveryMs = 30_000

type QuotaRow = readonly [number, number, number | null, number | null]

const showStatement = tupleStatement<QuotaRow>(
  'domain_quota_show',
  `SELECT coalesce(q.used_bytes, 0), coalesce(q.used_messages, 0), q.bytes, q.messages
  FROM domain d LEFT JOIN domain_quota q ON q.domain = d.name WHERE d.name = $1`,
)
const setStatement = tupleStatement<readonly [string]>(
  'domain_quota_set',
  `INSERT INTO domain_quota (domain, bytes, messages)
  SELECT name, $2::bigint, $3::bigint FROM domain WHERE name = $1
  ON CONFLICT (domain) DO UPDATE SET bytes = excluded.bytes, messages = excluded.messages
  RETURNING domain`,
)
const clearStatement = tupleStatement<readonly [string]>(
  'domain_quota_clear',
  `WITH gone AS (DELETE FROM domain_quota WHERE domain = $1) SELECT name FROM domain WHERE name = $1`,
)
/** Whoever comes first sums; a domain that another process is summing is left to it. */
const sumStatement = statement(
  'domain_quota_sum',
  `WITH due AS MATERIALIZED (
    SELECT domain FROM domain_quota WHERE summed_at < now() - make_interval(secs => $1)
    ORDER BY domain FOR UPDATE SKIP LOCKED
  ), usage AS (
    SELECT d.domain, sum(h.bytes) AS bytes, sum(h.total) AS messages FROM due d
    JOIN address a ON a.domain = d.domain AND a.account_id IS NOT NULL
    JOIN mailbox_head h ON h.account_id = a.account_id AND h.live
    GROUP BY d.domain
  )
  UPDATE domain_quota q SET used_bytes = coalesce(u.bytes, 0), used_messages = coalesce(u.messages, 0),
    summed_at = now()
  FROM due d LEFT JOIN usage u ON u.domain = d.domain WHERE q.domain = d.domain`,
)

/** Limits of whole domains, and the sums they are held against, kept up in the background. */
export class DomainQuotas {
  readonly #database: Database
  readonly #log: StoreLog
  readonly #timer: NodeJS.Timeout

  constructor(database: Database, log: StoreLog) {
    this.#database = database
    this.#log = log
    this.#timer = setInterval(
      () => void this.#sumQuietly(),
      sumEveryMs * (0.9 + 0.1 * Math.random()),
    )
    this.#timer.unref()
  }

  close(): void {
    clearInterval(this.#timer)
  }

  /** Undefined: not a domain of ours. */
  async show(domain: string): Promise<Quota | undefined> {
    const [row] = await this.#database.read(showStatement, [domainKey(domain) ?? ''])
    if (row === undefined) return undefined
    const [bytes, messages, maxBytes, maxMessages] = row
    return {
      bytes: { used: bytes, limit: maxBytes ?? undefined },
      messages: { used: messages, limit: maxMessages ?? undefined },
    }
  }

  /** Sums at once, so that what is shown next is true. False: not a domain of ours. */
  async set(domain: string, { bytes, messages }: QuotaLimits): Promise<boolean> {
    const key = domainKey(domain) ?? ''
    const isLimited = bytes !== undefined || messages !== undefined
    const rows = isLimited
      ? await this.#database.query(setStatement, [key, bytes ?? null, messages ?? null])
      : await this.#database.query(clearStatement, [key])
    await this.sum(0)
    return rows.length === 1
  }

  /** Sums the usage of the limited domains whose sums are older than this. */
  async sum(olderThanSeconds: number): Promise<number> {
    return this.#database.execute(sumStatement, [olderThanSeconds])
  }

  async #sumQuietly(): Promise<void> {
    try {
      await this.sum(sumEveryMs / 2_000)
    } catch (error) {
      this.#log.debug('store.domain_quota.failed', { because: String(error) })
    }
  }
}
