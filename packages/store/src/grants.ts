import type { Database } from './database.ts'
import type { AccountId } from './ids.ts'
import { statement } from './statement.ts'

/** What somebody signed in by: as long as it holds, the session may stay. */
export interface Grant {
  readonly account: AccountId
  /** The account's count of "everybody out", as it was. */
  readonly epoch: number
  /** The app password's UUID; undefined: the account's own password. */
  readonly appPassword: string | undefined
}

/** In one round trip whoever is signed in to a process can be asked about. */
const perStatement = 2_000

const lapsedOf = statement<{ readonly n: number }>(
  'grant_lapsed',
  `SELECT g.n FROM unnest($1::uuid[], $2::int[], $3::uuid[])
    WITH ORDINALITY AS g (account_id, epoch, app_password_id, n)
  LEFT JOIN account a ON a.account_id = g.account_id AND a.epoch = g.epoch AND a.disabled_at IS NULL
  LEFT JOIN app_password p ON p.app_password_id = g.app_password_id AND p.account_id = g.account_id
    AND (p.expires_at IS NULL OR p.expires_at > now())
  WHERE a.account_id IS NULL OR EXISTS (SELECT FROM address d JOIN domain o ON o.name = d.domain
      WHERE d.account_id = g.account_id AND o.disabled_at IS NOT NULL) OR (g.app_password_id IS NOT NULL AND p.app_password_id IS NULL)
  ORDER BY g.n`,
)

/** Those that hold no longer: account removed or disabled, or its domain, another password, app password revoked or expired. */
export async function lapsedGrants(
  database: Database,
  grants: readonly Grant[],
): Promise<readonly Grant[]> {
  const lapsed: Grant[] = []
  for (let from = 0; from < grants.length; from += perStatement) {
    const some = grants.slice(from, from + perStatement)
    const rows = await database.query(lapsedOf, [
      some.map(({ account }) => account),
      some.map(({ epoch }) => epoch),
      some.map(({ appPassword }) => appPassword ?? null),
    ])
    lapsed.push(...rows.flatMap(({ n }) => some[n - 1] ?? []))
  }
  return lapsed
}
