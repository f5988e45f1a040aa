import type { Database } from './database.ts'
import { plainLine } from './plain-text.ts'
import { statement } from './statement.ts'
import type { TlsNote, TlsPeer, TlsPolicyName } from './tls-ledger.ts'

interface PeerRow {
  readonly domain: string
  readonly mx_host: string
  readonly policy: TlsPolicyName
  readonly is_verified: boolean
  readonly since_at: Date
  readonly seen_at: Date
  readonly first_tls_at: Date | null
  readonly last_tls_at: Date | null
  readonly tls_days: number
  readonly tls_age: number | null
  readonly protocol: string | null
  readonly cipher: string | null
  readonly last_failure_at: Date | null
  readonly failure: string | null
  readonly failures: number
  readonly last_clear_at: Date | null
}

const columns = `domain, mx_host, policy, is_verified, since_at, seen_at, first_tls_at, last_tls_at, tls_days,
  extract(epoch FROM now() - last_tls_at)::float8 AS tls_age,
  protocol, cipher, last_failure_at, failure, failures, last_clear_at`

const peersStatement = statement<PeerRow>(
  'tls_peers',
  `SELECT ${columns} FROM tls_peer WHERE domain = $1 ORDER BY mx_host LIMIT 1000`,
)
/** Of a host with many domains the rows with the newest TLS tell as much as all. */
const knownStatement = statement<PeerRow>(
  'tls_peers_known',
  `(SELECT ${columns} FROM tls_peer WHERE domain = $1 LIMIT 1000)
  UNION ALL
  (SELECT ${columns} FROM tls_peer WHERE mx_host = $2 AND domain <> $1
    ORDER BY last_tls_at DESC NULLS LAST LIMIT 100)`,
)
const recentStatement = statement<PeerRow>(
  'tls_peers_recent',
  `SELECT ${columns} FROM tls_peer ORDER BY seen_at DESC LIMIT $1`,
)
/** Days are counted in UTC. In the order of the key, because two workers may note the same domains. */
const noteStatement = statement(
  'tls_peer_note',
  `INSERT INTO tls_peer AS p (domain, mx_host, policy, is_verified, first_tls_at, last_tls_at, tls_days, protocol, cipher,
    last_failure_at, failure, failures, last_clear_at)
  SELECT DISTINCT ON (domain, mx_host) domain, mx_host, policy, is_verified,
    CASE WHEN protocol IS NOT NULL THEN now() END, CASE WHEN protocol IS NOT NULL THEN now() END,
    (protocol IS NOT NULL)::integer, protocol, cipher,
    CASE WHEN failure IS NOT NULL THEN now() END, failure, failures, CASE WHEN was_clear THEN now() END
  FROM jsonb_to_recordset($1::jsonb) AS n (domain text, mx_host text, policy text, is_verified boolean, protocol text,
    cipher text, was_clear boolean, failure text, failures integer)
  ORDER BY domain, mx_host
  ON CONFLICT (domain, mx_host) DO UPDATE SET
    policy = excluded.policy, is_verified = excluded.is_verified,
    since_at = CASE WHEN (p.policy, p.is_verified) = (excluded.policy, excluded.is_verified)
      THEN p.since_at ELSE now() END,
    seen_at = now(),
    first_tls_at = coalesce(p.first_tls_at, excluded.first_tls_at),
    last_tls_at = coalesce(excluded.last_tls_at, p.last_tls_at),
    tls_days = p.tls_days + (excluded.last_tls_at IS NOT NULL AND (p.last_tls_at IS NULL
      OR (p.last_tls_at AT TIME ZONE 'UTC')::date < (excluded.last_tls_at AT TIME ZONE 'UTC')::date))::integer,
    protocol = coalesce(excluded.protocol, p.protocol),
    cipher = coalesce(excluded.cipher, p.cipher),
    last_failure_at = coalesce(excluded.last_failure_at, p.last_failure_at),
    failure = coalesce(excluded.failure, p.failure),
    failures = excluded.failures + CASE WHEN excluded.last_tls_at IS NULL AND excluded.last_clear_at IS NULL
      THEN p.failures ELSE 0 END,
    last_clear_at = coalesce(excluded.last_clear_at, p.last_clear_at)`,
)
const forgetStatement = statement('tls_peer_forget', 'DELETE FROM tls_peer WHERE domain = $1')

/** The ledger's rows of hosts. */
export class TlsPeerTable {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  async peers(domain: string): Promise<readonly TlsPeer[]> {
    return (await this.#database.query(peersStatement, [domain])).map(peerOf)
  }

  async known(domain: string, mxHost: string): Promise<readonly TlsPeer[]> {
    return (await this.#database.query(knownStatement, [domain, mxHost])).map(peerOf)
  }

  async recent(limit: number): Promise<readonly TlsPeer[]> {
    return (await this.#database.query(recentStatement, [limit])).map(peerOf)
  }

  async note(notes: readonly TlsNote[]): Promise<void> {
    if (notes.length === 0) return
    const rows = notes.map(({ mxHost, isVerified, wasClear, tls, failure, ...rest }) => ({
      ...rest,
      ...tls,
      // A name out of DNS and a stranger's words: one row that cannot be kept would cost all of them.
      mx_host: plainLine(mxHost),
      failure: plainLine(failure),
      is_verified: isVerified,
      was_clear: wasClear,
    }))
    await this.#database.execute(noteStatement, [JSON.stringify(rows)])
  }

  forget(domain: string): Promise<number> {
    return this.#database.execute(forgetStatement, [domain])
  }
}

function peerOf(row: PeerRow): TlsPeer {
  return {
    domain: row.domain,
    mxHost: row.mx_host,
    policy: row.policy,
    isVerified: row.is_verified,
    sinceAt: row.since_at,
    seenAt: row.seen_at,
    tlsDays: row.tls_days,
    failures: row.failures,
    ...(row.first_tls_at !== null && { firstTlsAt: row.first_tls_at }),
    ...(row.last_tls_at !== null && { lastTlsAt: row.last_tls_at }),
    ...(row.tls_age !== null && { tlsAgeSeconds: row.tls_age }),
    ...(row.protocol !== null && { protocol: row.protocol }),
    ...(row.cipher !== null && { cipher: row.cipher }),
    ...(row.last_failure_at !== null && { lastFailureAt: row.last_failure_at }),
    ...(row.failure !== null && { failure: row.failure }),
    ...(row.last_clear_at !== null && { lastClearAt: row.last_clear_at }),
  }
}
