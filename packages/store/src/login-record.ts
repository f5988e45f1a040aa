import type { ClientNetwork } from './client-network.ts'
import type { Database } from './database.ts'
import { accountColumns, found, type AccountRow, type FoundAccount } from './find-account.ts'
import type { LoginLimits } from './login-limits.ts'
import type { LoginName } from './login-name.ts'
import type { LoginRecord } from './login-verdict.ts'
import { statement } from './statement.ts'

/** How long a place stays known without another sign-in, in days: a season's holiday home, a laptop in a drawer. */
export const placeDays = 180

type Row = Partial<AccountRow> & {
  readonly login: string
  readonly is_asked_domain_off: boolean
  readonly rule: 'ban' | 'trust' | null
  readonly rule_seconds: number | null
  readonly of_login: number | null
  readonly of_network: number | null
  readonly is_known_place: boolean
}

/** What a count has decayed to. The exponent is capped: Postgres takes an underflow for an error. */
export const decayed = (row: string, halfLife: string): string =>
  `${row}.score * power(0.5::float8,
    least(100, greatest(0, extract(epoch FROM now() - ${row}.at)::float8 / ${halfLife})))`

/**
 * The one read of a sign-in: the account, if there is one, and what went before. One row whether the name is known or not. By the
 * alias of a domain somebody signs in as the same account, and fails as the same account, too.
 */
const look = statement<Row>(
  'login_look',
  `SELECT u.*, k.login, r.rule, extract(epoch FROM r.until - now())::float8 AS rule_seconds,
    coalesce(k.is_off, false) AS is_asked_domain_off,
    (SELECT ${decayed('f', '$7::float8')} FROM login_failure f WHERE network = $4::cidr AND f.login = k.login) AS of_login,
    (SELECT ${decayed('f', '$7::float8')} FROM login_failure f WHERE network = $5::cidr AND f.login = '') AS of_network,
    EXISTS (SELECT FROM login_place p WHERE p.account_id = u.account_id AND p.network = $4::cidr
      AND p.last_at > now() - make_interval(days => ${placeDays})) AS is_known_place
  FROM (
    SELECT coalesce(o.alias_of, $1) AS domain, o.disabled_at IS NOT NULL AS is_off,
      CASE WHEN o.alias_of IS NULL THEN $6 ELSE $2 || '@' || o.alias_of END AS login
    FROM (SELECT) AS always LEFT JOIN domain o ON o.name = $1 OFFSET 0
  ) k
  LEFT JOIN LATERAL (
    SELECT ${accountColumns}
    FROM address d JOIN account a ON a.account_id = d.account_id
    WHERE d.domain = k.domain AND d.local_key = $2 OFFSET 0
  ) u ON true
  LEFT JOIN LATERAL (SELECT rule, until FROM network_rule
    WHERE network >>= $3::inet AND (until IS NULL OR until > now())
    ORDER BY masklen(network) DESC LIMIT 1) r ON true`,
)

/** An attempt's account and record. */
export interface LoginSight {
  readonly found: FoundAccount | undefined
  /** What failures are counted under: the same by whichever of its names an account is asked for. */
  readonly key: string
  /** The account's domain is switched off, or the one that it is asked for by. */
  readonly isDomainOff: boolean
  readonly record: LoginRecord
}

/** Looks at what is known of a login and a client, in one round trip. */
export async function lookAtLogin(
  database: Database,
  name: LoginName,
  from: ClientNetwork,
  { halfLifeSeconds }: LoginLimits,
): Promise<LoginSight> {
  const { domain, localKey, key } = name
  const { address, client, network } = from
  const values = [domain, localKey, address, client, network, key, halfLifeSeconds]
  const [row] = await database.read(look, values)
  if (row === undefined) throw new Error('A look at a login gave no row')
  return {
    found: isAccount(row) ? found(row) : undefined,
    key: row.login,
    isDomainOff: row.is_asked_domain_off || row.is_domain_off === true,
    record: {
      rule: row.rule ?? undefined,
      ruleSeconds: row.rule_seconds === null ? undefined : Math.ceil(row.rule_seconds),
      ofLogin: row.of_login ?? 0,
      ofNetwork: row.of_network ?? 0,
      isKnownPlace: row.is_known_place,
    },
  }
}

function isAccount(row: Row): row is Row & AccountRow {
  return typeof row.account_id === 'string'
}
