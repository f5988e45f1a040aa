import type { Actor } from './audit.ts'
import { writeAudit } from './audit-trail.ts'
import { clientNetwork, networkText, parseNetwork } from './client-network.ts'
import type { Database } from './database.ts'
import type { LoginLimits } from './login-limits.ts'
import { placeDays } from './login-record.ts'
import { heldFrom, heldSeconds as secondsHeld } from './login-verdict.ts'
import {
  heldFailures,
  holdingRule,
  knownAccounts,
  failuresAround,
  rules,
  type FailureRow,
  type RuleRow,
} from './network-statements.ts'
import type {
  LoginFailureCount,
  NetworkReport,
  NetworkRule,
  NetworkRules,
} from './network-rules.ts'
import { formatStoreAddress } from './address.ts'

/** Rules and failures over one database. */
export class NetworkRuleAdmin implements NetworkRules {
  readonly #database: Database
  readonly #limits: LoginLimits

  constructor(database: Database, limits: LoginLimits) {
    this.#database = database
    this.#limits = limits
  }

  async list(): Promise<readonly NetworkRule[]> {
    const rows = await this.#database.query(rules)
    return rows.map(ruleOf)
  }

  async held(): Promise<readonly LoginFailureCount[]> {
    const { ofLogin, ofNetwork, halfLifeSeconds } = this.#limits
    const rows = await this.#database.query(heldFailures, [
      halfLifeSeconds,
      heldFrom(ofLogin),
      heldFrom(ofNetwork),
    ])
    return rows.map((row) => this.#countOf(row))
  }

  async why(text: string): Promise<NetworkReport | undefined> {
    if (text.includes('/') || parseNetwork(text) === undefined) return undefined
    const { address, client, network } = clientNetwork(text)
    const [[rule], failures, accounts] = await Promise.all([
      this.#database.query(holdingRule, [address]),
      this.#database.query(failuresAround, [client, network, this.#limits.halfLifeSeconds]),
      this.#database.query(knownAccounts, [client, placeDays]),
    ])
    const counts = failures.map((row) => this.#countOf(row))
    return {
      address,
      rule: rule === undefined ? undefined : ruleOf(rule),
      failures: counts,
      knownAccounts: accounts.map(({ domain, local_part: localPart }) =>
        formatStoreAddress({ domain, localPart }),
      ),
      verdict: verdictOf(rule?.rule, counts),
    }
  }

  async set(
    text: string,
    rule: 'ban' | 'trust',
    { forSeconds }: { readonly forSeconds?: number },
    by: Actor,
  ): Promise<NetworkRule | undefined> {
    const network = parseNetwork(text)
    if (network === undefined) return undefined
    const { upsertNetworkRule } = await import('./network-rule-writes.ts')
    return this.#database.transact(async (tx) => {
      const row = await upsertNetworkRule(tx, network, rule, forSeconds)
      const action = rule === 'ban' ? 'network.banned' : 'network.trusted'
      await writeAudit(tx, by, action, networkText(network), { until: row.until })
      return ruleOf(row)
    })
  }

  async remove(text: string, by: Actor): Promise<'done' | 'not-found' | 'malformed'> {
    const network = parseNetwork(text)
    if (network === undefined) return 'malformed'
    const { deleteNetworkRule } = await import('./network-rule-writes.ts')
    return this.#database.transact(async (tx) => {
      const { hadRule, failures } = await deleteNetworkRule(tx, network)
      if (!hadRule && failures === 0) return 'not-found'
      await writeAudit(tx, by, 'network.cleared', networkText(network), { hadRule, failures })
      return 'done'
    })
  }

  #countOf(row: FailureRow): LoginFailureCount {
    const { failures } = row
    const limit = row.login === '' ? this.#limits.ofNetwork : this.#limits.ofLogin
    return {
      network: networkText(row.network),
      login: row.login === '' ? undefined : row.login,
      failures: Math.round(failures * 10) / 10,
      limit,
      heldSeconds: secondsHeld(failures, limit, this.#limits),
      lastAt: row.at,
    }
  }
}

function verdictOf(
  rule: 'ban' | 'trust' | undefined,
  counts: readonly LoginFailureCount[],
): NetworkReport['verdict'] {
  if (rule !== undefined) return rule === 'ban' ? 'banned' : 'trusted'
  return counts.some(({ heldSeconds }) => heldSeconds > 0) ? 'held' : 'open'
}

function ruleOf({ network, rule, until, made_at: madeAt }: RuleRow): NetworkRule {
  return { network: networkText(network), rule, until: until ?? undefined, madeAt }
}
