import { formatStoreAddress, localPartKey } from './address.ts'
import type { AccountId } from './ids.ts'
import type { LocalDestination, Reached, RemoteTarget, Resolution } from './resolution.ts'

/** How an address leads to another. `domain`: its domain is an alias of the other's. */
export type HopWay = '' | 'alias' | 'forward' | 'domain' | 'catch-all'

/** One address that was reached from the address asked for, and what stands there. */
export interface Hop {
  /** Which of the addresses asked for. */
  readonly n: number
  readonly domain: string
  readonly key: string
  readonly baseKey: string
  readonly localPart: string
  readonly isHosted: boolean
  /** Of a domain that is switched off: nothing stands there. */
  readonly isOff: boolean
  /** An alias stands there. */
  readonly isAlias: boolean
  /** The domain whose addresses this domain's are. */
  readonly aliasOf: string | undefined
  readonly account: AccountId | undefined
  /** The account's own; another domain's where it stands in for a role there. */
  readonly accountDomain: string
  /** The account's own spelling. */
  readonly accountLocalPart: string
  readonly isDisabled: boolean
  /** What the address before stands for it by; `''` for the address asked for. */
  readonly way: HopWay
  /** The alias or account that leads here, as it is compared; `''` for the address asked for. */
  readonly via: string
  readonly viaDomain: string
  /** Where it is an account. */
  readonly viaAccount: AccountId | undefined
  readonly isPaused: boolean
  /** The account's mail goes on and does not stay. */
  readonly isBypassed: boolean
}

/** Sums up what one address leads to. */
export function assemble(
  hops: readonly Hop[],
  asked: { readonly domain: string; readonly key: string; readonly detail: string },
): Resolution {
  const start = hops.find(
    ({ domain, key, via }) =>
      via === '' && key === asked.key && (asked.domain === '' || domain === asked.domain),
  )
  if (start === undefined) return { kind: 'unknown' }
  if (!start.isHosted) return { kind: 'foreign' }
  // Under the alias of a domain an address is the same address.
  const own = start.aliasOf === undefined ? start : (leadingFrom(hops, start)[0] ?? start)
  if (start.isOff || own.isOff) return { kind: 'disabled', isWholeDomain: true }
  const isCatchAll = leadsByCatchAll(hops, own)
  if (!own.isAlias && !isCatchAll) return single(own, hops, asked.detail)
  const reached = reachedBy(hops)
  const lastResort = isCatchAll ? ({ isCatchAll } as const) : {}
  if (reached.accounts.length + reached.remote.length > 0) {
    return { kind: 'alias', ...reached, ...lastResort }
  }
  if (
    hops.some(({ account, isDisabled, isOff }) => isOff || (account !== undefined && isDisabled))
  ) {
    return { kind: 'disabled', ...lastResort }
  }
  // Nothing but aliases: they lead to each other.
  return hops.some((hop) => isLost(hops, hop))
    ? { kind: 'unknown' }
    : { kind: 'loop', ...lastResort }
}

/** The addresses that one leads to. */
export function leadingFrom(
  hops: readonly Hop[],
  { key, baseKey, domain }: Pick<Hop, 'key' | 'baseKey' | 'domain'>,
): readonly Hop[] {
  const exact = hops.filter(({ via }) => via === `${key}@${domain}`)
  return exact.length > 0 ? exact : hops.filter(({ via }) => via === `${baseKey}@${domain}`)
}

function leadsByCatchAll(hops: readonly Hop[], hop: Hop): boolean {
  return leadingFrom(hops, hop).some(({ way }) => way === 'catch-all')
}

/** Ours, and nobody has it. */
function isLost(hops: readonly Hop[], hop: Hop): boolean {
  if (!hop.isHosted || hop.account !== undefined || hop.isAlias) return false
  return hop.aliasOf === undefined && !leadsByCatchAll(hops, hop)
}

/** Where a sender that we rewrote gets its reports, by where his own address leads. One inside another is nobody's. */
export function returnedTo(address: string, to: Resolution): Resolution {
  const base = { kind: 'returned', address } as const
  switch (to.kind) {
    case 'foreign': {
      const domain = address.slice(address.lastIndexOf('@') + 1)
      return { ...base, accounts: [], remote: [{ address, domain, path: '', isPaused: false }] }
    }
    case 'local':
      return { ...base, accounts: [keeping(to.account)], remote: [] }
    case 'alias':
      return { ...base, accounts: to.accounts, remote: to.remote }
    case 'returned':
      return { kind: 'loop' }
    default:
      return to
  }
}

/** Everything that hops lead to, each once. An account whose mail would go on to nobody keeps it. */
function reachedBy(hops: readonly Hop[]): Reached {
  const onward = Map.groupBy(hops, ({ via }) => via)
  const accounts = new Map<AccountId, LocalDestination>()
  const remote = new Map<string, RemoteTarget>()
  for (const hop of hops) {
    if (!hop.isHosted) {
      const target = remoteTarget(hop)
      // Of two ways to one address, one that is open.
      if (remote.get(target.address)?.isPaused !== false) remote.set(target.address, target)
    } else if (hop.account !== undefined && !hop.isDisabled && !accounts.has(hop.account)) {
      const found = destination(hop, hop.account, detailOf(hop))
      const isPassedOn = hop.isBypassed && goesOn(hop, onward)
      accounts.set(hop.account, isPassedOn ? found : keeping(found))
    }
  }
  return { accounts: [...accounts.values()], remote: [...remote.values()] }
}

/** Whether what an address passes on comes to another host, or to an account that keeps it. */
function goesOn(
  { key, baseKey, domain }: Hop,
  onward: ReadonlyMap<string, readonly Hop[]>,
  seen: Set<Hop> = new Set(),
): boolean {
  const next = onward.get(`${key}@${domain}`) ?? onward.get(`${baseKey}@${domain}`) ?? []
  return next.some((hop) => {
    if (seen.has(hop)) return false
    seen.add(hop)
    if (!hop.isHosted) return true
    if (hop.account === undefined) return goesOn(hop, onward, seen)
    return !hop.isDisabled && (!hop.isBypassed || goesOn(hop, onward, seen))
  })
}

function single(hop: Hop, hops: readonly Hop[], detail: string): Resolution {
  const own = hop.account
  if (own === undefined) return { kind: 'unknown' }
  if (hop.isDisabled) return { kind: 'disabled' }
  const account = destination(hop, own, isWhole(hop) ? '' : detail)
  const { accounts, remote } = reachedBy(hops)
  const others = accounts.filter((one) => one.account !== own)
  if (others.length + remote.length === 0) return { kind: 'local', account: keeping(account) }
  const isKept = !accounts.some((one) => one.account === own && one.isBypassed === true)
  return {
    kind: 'local',
    account: isKept ? keeping(account) : account,
    forward: { accounts: others, remote },
  }
}

function keeping({ account, address, detail }: LocalDestination): LocalDestination {
  return { account, address, detail }
}

function destination(hop: Hop, account: AccountId, detail: string): LocalDestination {
  const { accountDomain: domain, accountLocalPart: localPart, isBypassed } = hop
  const address = formatStoreAddress({ localPart, domain })
  return { account, address, detail, ...(isBypassed && { isBypassed }) }
}

function remoteTarget(hop: Hop): RemoteTarget {
  const { via, viaDomain, viaAccount, key, domain, isPaused } = hop
  const path = `${via}>${key}@${domain}`
  const account = viaAccount === undefined ? {} : { account: viaAccount }
  return { address: formatStoreAddress(hop), domain: viaDomain, path, isPaused, ...account }
}

function detailOf(hop: Hop): string {
  const { key, baseKey, localPart } = hop
  return key === baseKey || isWhole(hop) ? '' : localPart.slice(localPart.indexOf('+') + 1)
}

/** What follows the `+` is a part of the account's own address, and no tag. */
function isWhole({ key, accountLocalPart }: Hop): boolean {
  return localPartKey(accountLocalPart) === key
}
