import type { Database } from './database.ts'
import { plainLine } from './plain-text.ts'
import { statement } from './statement.ts'
import type { KeptStsPolicy } from './tls-ledger.ts'

interface PolicyRow {
  readonly domain: string
  readonly policy_id: string
  readonly mode: KeptStsPolicy['mode']
  readonly mx: readonly string[]
  readonly lines: readonly string[]
  readonly max_age: number
  readonly remaining: number
  readonly fetched_at: Date
  readonly expires_at: Date
  readonly failure: string | null
}

const columns = `domain, policy_id, mode, mx, lines, max_age, fetched_at, expires_at, failure,
  extract(epoch FROM expires_at - now())::float8 AS remaining`

const findStatement = statement<PolicyRow>(
  'sts_policy_find',
  `SELECT ${columns} FROM sts_policy WHERE domain = $1 AND expires_at > now()`,
)
const keepStatement = statement<PolicyRow>(
  'sts_policy_keep',
  `INSERT INTO sts_policy (domain, policy_id, mode, mx, lines, max_age, expires_at)
  VALUES ($1, $2, $3, $4::text[], $5::text[], $6::integer, now() + make_interval(secs => $6::integer))
  ON CONFLICT (domain) DO UPDATE SET policy_id = excluded.policy_id, mode = excluded.mode, mx = excluded.mx,
    lines = excluded.lines, max_age = excluded.max_age, fetched_at = now(), expires_at = excluded.expires_at,
    tried_at = now(), failure = NULL
  RETURNING ${columns}`,
)
const failStatement = statement(
  'sts_policy_fail',
  'UPDATE sts_policy SET tried_at = now(), failure = $2 WHERE domain = $1',
)
const takeStatement = statement<{ readonly domain: string }>(
  'sts_policy_take',
  `UPDATE sts_policy SET tried_at = now() WHERE domain IN (
    SELECT domain FROM sts_policy
    WHERE expires_at BETWEEN now() AND now() + interval '92 days'
      AND expires_at < now() + make_interval(secs => max_age / 4) AND tried_at < now() - interval '1 hour'
    ORDER BY expires_at LIMIT $1 FOR UPDATE SKIP LOCKED)
  RETURNING domain`,
)
const forgetStatement = statement('sts_policy_forget', 'DELETE FROM sts_policy WHERE domain = $1')

/** MTA-STS policies of other domains (RFC 8461). */
export class StsPolicyTable {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  async find(domain: string): Promise<KeptStsPolicy | undefined> {
    const [row] = await this.#database.query(findStatement, [domain])
    return row === undefined ? undefined : policyOf(row)
  }

  async keep(
    policy: Pick<KeptStsPolicy, 'domain' | 'policyId' | 'mode' | 'mx' | 'lines' | 'maxAgeSeconds'>,
  ): Promise<KeptStsPolicy> {
    const { domain, policyId, mode, mx, lines, maxAgeSeconds } = policy
    const values = [domain, policyId, mode, mx, lines, maxAgeSeconds]
    const [row] = await this.#database.query(keepStatement, values)
    if (row === undefined) throw new Error('an MTA-STS policy was not kept')
    return policyOf(row)
  }

  async noteFailure(domain: string, failure: string): Promise<void> {
    await this.#database.execute(failStatement, [domain, plainLine(failure)])
  }

  async takeDue(limit: number): Promise<readonly string[]> {
    return (await this.#database.query(takeStatement, [limit])).map(({ domain }) => domain)
  }

  forget(domain: string): Promise<number> {
    return this.#database.execute(forgetStatement, [domain])
  }
}

function policyOf(row: PolicyRow): KeptStsPolicy {
  return {
    domain: row.domain,
    policyId: row.policy_id,
    mode: row.mode,
    mx: row.mx,
    lines: row.lines,
    maxAgeSeconds: row.max_age,
    remainingSeconds: row.remaining,
    fetchedAt: row.fetched_at,
    expiresAt: row.expires_at,
    ...(row.failure !== null && { failure: row.failure }),
  }
}
