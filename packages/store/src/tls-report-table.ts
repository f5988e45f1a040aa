import { createHash } from 'node:crypto'
import type { Database } from './database.ts'
import { plainLine } from './plain-text.ts'
import { statement } from './statement.ts'
import type { TlsCount } from './tls-ledger.ts'

/** In the order of the key, because two workers may count the same. */
const policiesStatement = statement(
  'tls_report_policies',
  `INSERT INTO tls_report_policy (policy, policy_type, domain, lines, mx)
  SELECT decode(policy, 'hex'), policy_type, domain, lines, mx
  FROM jsonb_to_recordset($1::jsonb) AS p (policy text, policy_type text, domain text, lines text[], mx text[])
  ORDER BY 1 ON CONFLICT (policy) DO NOTHING`,
)
const countStatement = statement(
  'tls_report_count',
  `INSERT INTO tls_report AS r (day, policy, result, mx_host, mx_address, own_address, reason, sessions)
  SELECT day, decode(policy, 'hex'), result, mx_host, mx_address, own_address, reason, sum(sessions)
  FROM jsonb_to_recordset($1::jsonb) AS c (day date, policy text, result text, mx_host text, mx_address text,
    own_address text, reason text, sessions bigint)
  GROUP BY 1, 2, 3, 4, 5, 6, 7 ORDER BY 1, 2, 3, 4, 5, 6, 7
  ON CONFLICT (day, policy, result, mx_host, mx_address, own_address, reason)
  DO UPDATE SET sessions = r.sessions + excluded.sessions`,
)
const readStatement = statement<TlsCount>(
  'tls_report_read',
  `SELECT to_char(r.day, 'YYYY-MM-DD') AS day, p.policy_type AS "policyType", p.domain, p.lines, p.mx, r.result,
    r.mx_host AS "mxHost", r.mx_address AS "mxAddress", r.own_address AS "ownAddress", r.reason, r.sessions
  FROM tls_report r JOIN tls_report_policy p ON p.policy = r.policy WHERE r.day = $1::date
  ORDER BY p.domain, r.policy, r.result, r.mx_host, r.mx_address, r.own_address, r.reason LIMIT 1000000`,
)
/** Reports are of the day before; what is older than this serves nobody. */
const keptDays = 30

const oldCounts = statement(
  'keeper_tls_report',
  `DELETE FROM tls_report WHERE ctid IN (
    SELECT ctid FROM tls_report WHERE day < current_date - ${keptDays} LIMIT 5000)`,
)
const oldPolicies = statement(
  'keeper_tls_report_policy',
  `DELETE FROM tls_report_policy p WHERE NOT EXISTS (SELECT FROM tls_report r WHERE r.policy = p.policy)`,
)
const oldPeers = statement(
  'keeper_tls_peer',
  `DELETE FROM tls_peer WHERE ctid IN (
    SELECT ctid FROM tls_peer WHERE seen_at < now() - interval '400 days' LIMIT 5000)`,
)
const oldStsPolicies = statement(
  'keeper_sts_policy',
  `DELETE FROM sts_policy WHERE expires_at < now() - interval '30 days'`,
)

/** Counts for TLS reports. */
export class TlsReportTable {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  async count(counts: readonly TlsCount[]): Promise<void> {
    if (counts.length === 0) return
    const rows = counts.map((count) => ({
      day: count.day,
      policy: policyKey(count),
      result: count.result,
      mx_host: plainLine(count.mxHost),
      mx_address: count.mxAddress,
      own_address: count.ownAddress,
      reason: plainLine(count.reason),
      sessions: count.sessions,
    }))
    const policies = new Map(
      counts.map(({ policyType, domain, lines, mx }, at) => {
        const policy = rows[at]?.policy ?? ''
        return [policy, { policy, policy_type: policyType, domain, lines, mx }]
      }),
    )
    await this.#database.transact(async (tx) => {
      await tx.execute(policiesStatement, [JSON.stringify([...policies.values()])])
      await tx.execute(countStatement, [JSON.stringify(rows)])
    })
  }

  read(day: string): Promise<readonly TlsCount[]> {
    return this.#database.query(readStatement, [day])
  }
}

/** Forgets what is too old to be asked for; part of a keeper's round. Gives the number of rows. */
export async function purgeTls(database: Database): Promise<number> {
  let rows = 0
  for (const each of [oldCounts, oldPolicies, oldPeers, oldStsPolicies]) {
    rows += await database.execute(each)
  }
  return rows
}

function policyKey({ policyType, domain, lines, mx }: TlsCount): string {
  const text = JSON.stringify([policyType, domain, lines, mx])
  return createHash('sha256').update(text).digest('hex')
}
