import { decayed } from './login-record.ts'
import { statement } from './statement.ts'

/** A rule's row. */
export interface RuleRow {
  readonly network: string
  readonly rule: 'ban' | 'trust'
  readonly until: Date | null
  readonly made_at: Date
}

/** A count's row, with what it has decayed to. */
export interface FailureRow {
  readonly network: string
  readonly login: string
  readonly failures: number
  readonly at: Date
}

const ruleColumns = 'network::text AS network, rule, until, made_at'
const failureColumns = `network::text AS network, login, ${decayed('f', '$FADE::float8')} AS failures, at`
const failures = (fade: string): string => failureColumns.replaceAll('$FADE', fade)

export const rules = statement<RuleRow>(
  'network_rule_list',
  `SELECT ${ruleColumns} FROM network_rule r WHERE until IS NULL OR until > now()
  ORDER BY r.network`,
)

export const holdingRule = statement<RuleRow>(
  'network_rule_holding',
  `SELECT ${ruleColumns} FROM network_rule r
  WHERE r.network >>= $1::inet AND (until IS NULL OR until > now())
  ORDER BY masklen(r.network) DESC LIMIT 1`,
)

export const heldFailures = statement<FailureRow>(
  'login_failure_held',
  `SELECT * FROM (SELECT ${failures('$1')} FROM login_failure f) AS f
  WHERE failures >= CASE login WHEN '' THEN $3::float8 ELSE $2::float8 END
  ORDER BY failures DESC, network, login LIMIT 100`,
)

export const failuresAround = statement<FailureRow>(
  'login_failure_around',
  `SELECT ${failures('$3')} FROM login_failure f
  WHERE f.network IN ($1::cidr, $2::cidr) AND ${decayed('f', '$3::float8')} > 0.1
  ORDER BY failures DESC, login LIMIT 100`,
)

export const knownAccounts = statement<{ readonly domain: string; readonly local_part: string }>(
  'login_place_accounts',
  `SELECT d.domain, d.local_part FROM login_place p JOIN address d ON d.account_id = p.account_id
  WHERE p.network = $1::cidr AND p.last_at > now() - make_interval(days => $2)
  ORDER BY d.domain, d.local_key LIMIT 100`,
)
