import { formatStoreAddress } from './address.ts'
import type { AccountId } from './ids.ts'
import type { LocalDestination, Resolution } from './resolution.ts'

/** One address that was reached from the address asked for, and what stands there. */
export interface Hop {
  /** Which of the addresses asked for. */
  readonly n: number
  readonly domain: string
  readonly key: string
  readonly baseKey: string
  readonly localPart: string
  readonly isHosted: boolean
  readonly isAlias: boolean
  readonly account: AccountId | undefined
  /** The account's own; another domain's where it stands in for a role there. */
  readonly accountDomain: string
  /** The account's own spelling. */
  readonly accountLocalPart: string
  readonly isDisabled: boolean
}

/** Sums up what one address leads to. */
export function assemble(
  hops: readonly Hop[],
  asked: { readonly domain: string; readonly key: string; readonly detail: string },
): Resolution {
  const start = hops.find(
    ({ domain, key }) => key === asked.key && (asked.domain === '' || domain === asked.domain),
  )
  if (start === undefined) return { kind: 'unknown' }
  if (!start.isHosted) return { kind: 'foreign' }
  if (!start.isAlias) return single(start, asked.detail)
  const accounts = new Map<AccountId, LocalDestination>()
  const remote = new Set<string>()
  let disabled = 0
  let lost = 0
  for (const hop of hops) {
    if (!hop.isHosted) remote.add(formatStoreAddress(hop))
    else if (hop.account === undefined) lost += hop.isAlias ? 0 : 1
    else if (hop.isDisabled) disabled++
    else accounts.set(hop.account, destination(hop, hop.account, detailOf(hop)))
  }
  if (accounts.size + remote.size > 0) {
    return { kind: 'alias', accounts: [...accounts.values()], remote: [...remote] }
  }
  if (disabled > 0) return { kind: 'disabled' }
  // Nothing but aliases: they lead to each other.
  return { kind: lost > 0 ? 'unknown' : 'loop' }
}

function single(hop: Hop, detail: string): Resolution {
  if (hop.account === undefined) return { kind: 'unknown' }
  if (hop.isDisabled) return { kind: 'disabled' }
  return { kind: 'local', account: destination(hop, hop.account, detail) }
}

function destination(hop: Hop, account: AccountId, detail: string): LocalDestination {
  const { accountDomain: domain, accountLocalPart: localPart } = hop
  return { account, address: formatStoreAddress({ localPart, domain }), detail }
}

function detailOf({ key, baseKey, localPart }: Hop): string {
  return key === baseKey ? '' : localPart.slice(localPart.indexOf('+') + 1)
}
