import type { Question } from './address-question.ts'
import { reach, reachPlain } from './address-statements.ts'
import type { Hop, HopWay } from './assemble-resolution.ts'
import { accountId } from './ids.ts'
import type { Queries } from './statement.ts'

/** More addresses than this behind one alias (at any depth) count as a loop. */
const maxReached = 1_000

/** All that one address leads to. */
export interface ReachedHops {
  readonly hops: readonly Hop[]
  /** There is more, or too much. */
  readonly isTooMany: boolean
}

/**
 * Everything that addresses lead to, in one statement, in the order of the questions. `isPlain`: no domain is more than its
 * addresses.
 */
export async function reachFrom(
  query: Queries['query'],
  questions: readonly Question[],
  isPlain = false,
): Promise<readonly ReachedHops[]> {
  if (questions.length === 0) return []
  // An address under the alias of a domain is two hops, and counts once.
  const limit = (2 * maxReached + 1) * questions.length
  const rows = await query(isPlain ? reachPlain : reach, [
    questions.map(({ domain }) => domain),
    questions.map(({ key }) => key),
    questions.map(({ baseKey }) => baseKey),
    limit,
  ])
  const grouped = Map.groupBy(rows.map(hopOf), ({ n }) => n)
  return questions.map((_, position) => {
    const hops = grouped.get(position + 1) ?? []
    const counted = hops.filter(({ way }) => way !== 'domain').length
    return { hops, isTooMany: counted > maxReached || rows.length >= limit }
  })
}

function hopOf(row: readonly unknown[]): Hop {
  const [n, domain, key, base, localPart, isHosted, isAlias, account, ...found] = row
  const [accountDomain, accountPart, isDisabled, ...onward] = found
  const [via, viaDomain, isPaused, isBypassed, viaAccount, way, isOff, aliasOf] = onward
  return {
    n: Number(n),
    domain: String(domain),
    key: String(key),
    baseKey: String(base),
    localPart: String(localPart),
    isHosted: isHosted === true,
    isOff: isOff === true,
    aliasOf: typeof aliasOf === 'string' ? aliasOf : undefined,
    isAlias: isAlias === true,
    account: typeof account === 'string' ? accountId(account) : undefined,
    accountDomain: String(accountDomain),
    accountLocalPart: String(accountPart),
    isDisabled: isDisabled === true,
    way: ways.find((each) => each === way) ?? '',
    via: String(via),
    viaDomain: String(viaDomain),
    isPaused: isPaused === true,
    isBypassed: isBypassed === true,
    viaAccount: typeof viaAccount === 'string' ? accountId(viaAccount) : undefined,
  }
}

const ways: readonly HopWay[] = ['alias', 'forward', 'domain', 'catch-all']
