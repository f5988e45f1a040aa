import { healthOf } from './forward-health.ts'
import { tupleStatement } from './statement.ts'

/** A disabled account takes no mail, unless it was to keep receiving. */
const refuses = (account: string): string =>
  `(${account}.disabled_at IS NOT NULL AND NOT ${account}.keeps_receiving)`

/**
 * Almost all mail is for an account's own address: one look at two primary keys, and whether anything limits the account.
 * LATERAL, because a join with an array of unknown length reads both tables whole, up to thousands of accounts.
 */
export const direct = tupleStatement<
  readonly [
    n: number,
    accountId: string,
    localPart: string,
    isDisabled: boolean,
    isLimited: boolean,
    isForwarded: boolean,
  ]
>(
  'resolve_direct',
  `SELECT q.n::int, d.account_id, d.local_part, d.is_disabled, d.is_limited, d.is_forwarded
  FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS q (domain, key, n)
  CROSS JOIN LATERAL (
    SELECT d.account_id, d.local_part, ${refuses('a')} AS is_disabled,
      EXISTS (SELECT FROM quota l WHERE l.account_id = d.account_id)
        OR EXISTS (SELECT FROM domain_quota l WHERE l.domain = d.domain) AS is_limited,
      EXISTS (SELECT FROM forward w WHERE w.account_id = d.account_id) AS is_forwarded
    FROM address d JOIN account a ON a.account_id = d.account_id
    WHERE d.domain = q.domain AND d.local_key = q.key OFFSET 0
  ) d`,
)

/** Local parts that every domain has, whether somebody made them or not (RFC 5321 §4.5.1, RFC 2142 §4). */
export const roleNames: ReadonlySet<string> = new Set(['postmaster', 'abuse'])
/** The same, as SQL has lists. */
export const roles = [...roleNames].map((name) => `'${name}'`).join(', ')

/** Whoever stands at `h`. */
const standing = `LATERAL (
      SELECT x.* FROM address x WHERE x.domain = h.domain AND x.local_key = ANY (ARRAY[h.key, h.base])
      ORDER BY x.local_key = h.key DESC LIMIT 1
    ) d`

/** One step on where domains are nothing but their addresses: the targets of an alias, or of an account's forward. */
const plainStep = `SELECT h.n, t.target_domain, t.target_key, split_part(t.target_key, '+', 1), t.target_local_part,
      d.local_key || '@' || d.domain, d.domain, d.account_id, CASE WHEN d.account_id IS NULL THEN 'alias' ELSE 'forward' END
    FROM hop h
    CROSS JOIN ${standing}
    CROSS JOIN LATERAL (
      SELECT a.target_domain, a.target_key, a.target_local_part FROM alias_target a
      WHERE d.account_id IS NULL AND a.domain = d.domain AND a.local_key = d.local_key
      UNION ALL
      SELECT w.target_domain, w.target_key, w.target_local_part
      FROM forward_target w JOIN account c ON c.account_id = w.account_id AND NOT ${refuses('c')}
      WHERE w.account_id = d.account_id
    ) t`

/** The same, and from a domain that is an alias to the other, and from what nobody has to the domain's last resort. */
const step = `SELECT h.n, t.domain, t.key, t.base, t.local_part, t.via || '@' || h.domain, h.domain, d.account_id, t.way
    FROM hop h
    CROSS JOIN LATERAL (
      SELECT x.* FROM domain x WHERE x.name = h.domain AND x.disabled_at IS NULL OFFSET 0
    ) o
    LEFT JOIN ${standing} ON o.alias_of IS NULL
    CROSS JOIN LATERAL (
      SELECT 'alias' AS way, d.local_key AS via, a.target_domain AS domain, a.target_key AS key,
        split_part(a.target_key, '+', 1) AS base, a.target_local_part AS local_part
      FROM alias_target a WHERE d.account_id IS NULL AND a.domain = d.domain AND a.local_key = d.local_key
      UNION ALL
      SELECT 'forward', d.local_key, w.target_domain, w.target_key, split_part(w.target_key, '+', 1), w.target_local_part
      FROM forward_target w JOIN account c ON c.account_id = w.account_id AND NOT ${refuses('c')}
      WHERE w.account_id = d.account_id
      UNION ALL
      SELECT 'domain', h.key, o.alias_of, h.key, h.base, h.local_part WHERE o.alias_of IS NOT NULL
      UNION ALL
      SELECT 'catch-all', h.key, o.catchall_domain, o.catchall_key, split_part(o.catchall_key, '+', 1), o.catchall_local_part
      WHERE o.catchall_domain IS NOT NULL AND d.domain IS NULL AND h.key <> '' AND h.base NOT IN (${roles})
        AND NOT EXISTS (SELECT FROM removed_account r WHERE r.domain = h.domain AND r.local_key IN (h.key, h.base))
    ) t`

/** The domain of `x` is switched off. */
const isOff = 'EXISTS (SELECT FROM domain z WHERE z.name = x.domain AND z.disabled_at IS NOT NULL)'

const reachText = (isPlain: boolean): string => `WITH RECURSIVE asked AS (
    SELECT q.n::int AS n, q.key, q.base,
      CASE WHEN q.domain <> '' THEN q.domain ELSE (
        SELECT name FROM domain WHERE disabled_at IS NULL AND alias_of IS NULL
        ORDER BY created_at, name LIMIT 1) END AS domain
    FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY AS q (domain, key, base, n)
  ), hop AS (
    SELECT n, domain, key, base, key AS local_part, '' AS via, '' AS via_domain, NULL::uuid AS via_account, '' AS way
    FROM asked WHERE domain IS NOT NULL
    UNION
    ${isPlain ? plainStep : step}
  )
  SELECT h.n, h.domain, h.key, h.base, h.local_part, o.name IS NOT NULL, f.is_alias,
    f.account_id, f.domain, f.local_part, f.disabled, h.via, h.via_domain,
    CASE WHEN o.name IS NULL AND h.via <> ''
      THEN (SELECT y.is_paused FROM (${healthOf("h.via || '>' || h.key || '@' || h.domain")}) y) ELSE false END,
    f.domain = h.domain AND f.local_key IN (h.key, h.base) AND EXISTS (
      SELECT FROM forward w WHERE w.account_id = f.account_id AND NOT w.keeps_copy), h.via_account,
    h.way, ${isPlain ? 'false, NULL' : 'o.disabled_at IS NOT NULL, o.alias_of'}
  FROM (SELECT * FROM hop LIMIT $4) h
  LEFT JOIN LATERAL (
    SELECT ${isPlain ? 'x.name' : 'x.name, x.disabled_at, x.alias_of'} FROM domain x WHERE x.name = h.domain OFFSET 0) o ON true
  LEFT JOIN LATERAL (
    SELECT d.account_id IS NULL AS is_alias, d.account_id, d.domain, d.local_part, d.local_key, ${refuses('a')} AS disabled
    FROM (
      SELECT 1 AS rank, x.* FROM address x WHERE x.domain = h.domain AND x.local_key = h.key
      UNION ALL
      SELECT 2, x.* FROM address x
      WHERE x.domain = h.domain AND x.local_key = h.base AND h.base <> h.key
      UNION ALL
      (SELECT 3, x.* FROM address x JOIN account w ON w.account_id = x.account_id
      WHERE x.domain = h.domain AND h.base IN (${roles}) AND NOT ${refuses('w')}
      ORDER BY x.created_at, x.account_id LIMIT 1)
      UNION ALL
      (SELECT 4, x.* FROM address x JOIN account w ON w.account_id = x.account_id
      WHERE h.base IN (${roles}) AND NOT ${refuses('w')} AND o.name IS NOT NULL AND NOT EXISTS (
        SELECT FROM address y JOIN account v ON v.account_id = y.account_id
        WHERE y.domain = h.domain AND NOT ${refuses('v')})${isPlain ? '' : ` AND NOT ${isOff}`}
      ORDER BY x.created_at, x.account_id LIMIT 1)
    ) d LEFT JOIN account a ON a.account_id = d.account_id${isPlain ? '' : '\n    WHERE o.disabled_at IS NULL AND o.alias_of IS NULL'}
    ORDER BY h.base IN (${roles}) AND ${refuses('a')}, d.rank LIMIT 1
  ) f ON true`

/**
 * The rest: every address that is reached, each once (UNION drops repetitions, so a ring ends by itself). At each of them an
 * exact address wins over the one without its +tag; a role address that nobody has made, or whose account is
 * disabled, goes to the domain's first account, or to the first of all. An account's forward is followed like an alias, but not
 * from a role that the account stands in for. A domain that is an alias of another asks there. What nobody has goes to the
 * domain's address of last resort, but for what a removed account had that may come back: its mail is nobody else's.
 */
export const reach = tupleStatement<readonly unknown[]>('resolve_reach', reachText(false))

/** The same for a house none of whose domains is an alias, has an address of last resort, or is switched off: six tenths of the work. */
export const reachPlain = tupleStatement<readonly unknown[]>('resolve_reach_plain', reachText(true))
