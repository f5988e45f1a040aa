import { isIPv4, isIPv6 } from 'node:net'
import type { MxRecord, Resolver } from '@posthouse/dns'
import type { Networks } from '@posthouse/line-server'
import { reply, type Reply } from '@posthouse/smtp'
import { byFamily, type FamilyMemory } from './routes/family-memory.ts'
import { addressesOf } from './routes/host-addresses.ts'
import { plainSpelling } from './routes/ipv6-groups.ts'
import type { HopRelay } from './routes/relay.ts'
import { isSpecialAddress } from './special-address.ts'

/** One address of a destination, with the name that it was found under. */
export interface Hop {
  readonly host: string
  readonly address: string
  /** DNSSEC vouches for the MX and the address (RFC 7672 §2.2): what DANE needs. */
  readonly isSecure: boolean
  /** It is no MX, but a relay that we were told of. */
  readonly relay?: HopRelay
}

/** The hosts that a domain names for its mail; the domain itself where it names none. */
export interface MxSet {
  readonly names: readonly string[]
  readonly isSecure: boolean
}

/** Where mail for a domain goes: addresses in the order in which they are tried. */
export type Route =
  | { readonly kind: 'hops'; readonly hops: readonly Hop[]; readonly mx: MxSet }
  /** Mail can never get there; `reply` says why, in the form of one. */
  | { readonly kind: 'nowhere'; readonly reply: Reply }
  /** DNS did not answer: ask again later. `reply` says the same in the form of one. */
  | { readonly kind: 'unknown'; readonly because: string; readonly reply: Reply }

/** What routing must know of ourselves. */
export interface RouteContext {
  readonly resolver: Resolver
  /** Our own host name, lower case: an MX of that name is us. */
  readonly hostname: string
  /** Our own addresses, in plain spelling; none if our MX does not listen on the port that we deliver to. */
  readonly ownAddresses: { all(): Promise<ReadonlySet<string>> }
  /** Addresses that may be connected to though they are no place in the public internet. */
  readonly privateTargets: Networks
  /** Which families work from here. */
  readonly families?: FamilyMemory
  /** At most this many hops. */
  readonly limit: number
  readonly random?: () => number
}

/** MX hosts of one domain that are looked up; Postfix and others stop far earlier. */
const MAX_HOSTS = 20

/**
 * Finds the hosts of a domain (RFC 5321 §5.1): MX in the order of preference, equal ones shuffled;
 * without MX the domain's own addresses; a null MX (RFC 7505) means no mail at all. When we are one
 * of the MX ourselves, only better ones are used; when there are none, the mail would come back to
 * us (§5.1, and 5.4.6 of RFC 3463). `[192.0.2.1]` is an address itself.
 */
export async function findRoute(domain: string, context: RouteContext): Promise<Route> {
  if (domain.startsWith('[')) return await literalRoute(domain, context)
  const answer = await context.resolver.mx(domain)
  if (answer.kind === 'temporary') return unknown(`MX of ${domain}: ${answer.because}`)
  if (answer.kind === 'nxdomain') return nowhere(550, '5.1.2', `There is no domain ${domain}`)
  const { isSecure } = answer
  if (answer.kind === 'nodata') {
    return addressRoute(domain, [[domain]], { names: [domain], isSecure }, context)
  }
  const named = answer.records.filter(({ exchange }) => exchange !== '')
  if (named.length === 0) return nowhere(556, '5.1.10', `${domain} accepts no mail (null MX)`)
  const names = [...new Set(named.map(({ exchange }) => exchange.toLowerCase()))]
  const tiers = tiersOf(named, context.random ?? Math.random)
  return addressRoute(domain, tiers, { names, isSecure }, context)
}

/** Hosts by preference, those of one preference in random order (RFC 5321 §5.1). */
function tiersOf(
  records: readonly MxRecord[],
  random: () => number,
): readonly (readonly string[])[] {
  const tiers = new Map<number, string[]>()
  const inOrder = records.toSorted((a, b) => a.preference - b.preference).slice(0, MAX_HOSTS)
  for (const { preference, exchange } of inOrder) {
    const tier = tiers.get(preference)
    if (tier === undefined) tiers.set(preference, [exchange])
    else tier.splice(Math.floor(random() * (tier.length + 1)), 0, exchange)
  }
  return [...tiers.values()]
}

async function addressRoute(
  domain: string,
  tiers: readonly (readonly string[])[],
  mx: MxSet,
  context: RouteContext,
): Promise<Route> {
  const own = await context.ownAddresses.all()
  const hops: Hop[] = []
  const doubts: string[] = []
  let isRefused = false
  for (const tier of tiers) {
    const { found, doubts: more } = await lookUp(tier, mx.isSecure, context)
    doubts.push(...more)
    // We are in this tier: it and all that follow would lead back to us.
    const isOurs = tier.some((host) => host.toLowerCase() === context.hostname)
    if (isOurs || found.some(({ address }) => own.has(plainSpelling(address)))) {
      if (hops.length > 0 || doubts.length > 0) break
      return nowhere(554, '5.4.6', `The mail for ${domain} leads back to this server`)
    }
    const allowed = found.filter(({ address }) => isAllowed(address, context))
    isRefused ||= allowed.length < found.length
    hops.push(...byFamily(allowed, context.families))
    if (hops.length >= context.limit) break
  }
  if (hops.length > 0) return { kind: 'hops', hops: hops.slice(0, context.limit), mx }
  if (doubts.length > 0) return unknown(doubts.join('; '))
  const why = isRefused ? 'only at private addresses' : 'without an address'
  return nowhere(550, '5.4.4', `The mail host of ${domain} is ${why}`)
}

async function lookUp(
  tier: readonly string[],
  isMxSecure: boolean,
  { resolver }: RouteContext,
): Promise<{ found: readonly Hop[]; doubts: readonly string[] }> {
  const all = await Promise.all(
    tier.map(async (host) => ({ host, ...(await addressesOf(host, resolver)) })),
  )
  return {
    found: all.flatMap(({ host, addresses }) =>
      addresses.map(({ address, isSecure }) => ({
        host,
        address,
        isSecure: isMxSecure && isSecure,
      })),
    ),
    doubts: all.flatMap(({ doubt }) => doubt ?? []),
  }
}

async function literalRoute(domain: string, context: RouteContext): Promise<Route> {
  const address = domain.slice(1, -1).replace(/^ipv6:/i, '')
  if (!isIPv4(address) && !isIPv6(address)) {
    return nowhere(550, '5.1.3', `${domain} is not an address`)
  }
  const own = await context.ownAddresses.all()
  if (own.has(plainSpelling(address))) return nowhere(554, '5.4.6', `${domain} is this server`)
  if (!isAllowed(address, context)) return nowhere(550, '5.4.4', `${domain} is a private address`)
  const hops = [{ host: domain, address, isSecure: false }]
  return { kind: 'hops', hops, mx: { names: [domain], isSecure: false } }
}

function isAllowed(address: string, { privateTargets }: RouteContext): boolean {
  return !isSpecialAddress(address) || privateTargets.has(plainSpelling(address))
}

function nowhere(code: number, enhanced: string, text: string): Route {
  return { kind: 'nowhere', reply: reply(code, enhanced, text) }
}

/** 4.4.3: the directory server failed (RFC 3463 §3.5). */
function unknown(because: string): Route {
  return { kind: 'unknown', because, reply: reply(451, '4.4.3', because) }
}
