import { eq, sql } from 'drizzle-orm'

import { drizzleOn } from './drizzle-on.ts'
import type { RuleRow } from './network-statements.ts'
import { loginFailure, networkRule } from './schema-sign-in.ts'
import type { Transaction } from './statement.ts'

/** Makes a network's rule, or changes it. Rules that are over go on the way. */
export async function upsertNetworkRule(
  tx: Transaction,
  network: string,
  rule: 'ban' | 'trust',
  forSeconds: number | undefined,
): Promise<RuleRow> {
  const db = drizzleOn(tx)
  await db.delete(networkRule).where(sql`${networkRule.until} <= now()`)
  const until = forSeconds === undefined ? null : sql`now() + make_interval(secs => ${forSeconds})`
  const made = await db
    .insert(networkRule)
    .values({ network, rule, until })
    .onConflictDoUpdate({ target: networkRule.network, set: { rule, until, madeAt: sql`now()` } })
    .returning({ until: networkRule.until, madeAt: networkRule.madeAt })
  const [row] = made
  if (row === undefined) throw new Error('A rule that was written is not there')
  return { network, rule, until: row.until, made_at: row.madeAt }
}

/** Forgets a network's own rule and all failures from inside it, or from the network it lies in. */
export async function deleteNetworkRule(
  tx: Transaction,
  network: string,
): Promise<{ readonly hadRule: boolean; readonly failures: number }> {
  const db = drizzleOn(tx)
  const rules = await db
    .delete(networkRule)
    .where(eq(networkRule.network, network))
    .returning({ network: networkRule.network })
  const failures = await db
    .delete(loginFailure)
    .where(
      sql`${loginFailure.network} <<= ${network}::cidr
        OR (${loginFailure.login} = '' AND ${loginFailure.network} >>= ${network}::cidr)`,
    )
    .returning({ network: loginFailure.network })
  return { hadRule: rules.length > 0, failures: failures.length }
}
