import { isIPv4, isIPv6 } from 'node:net'
import type { MxRecord, Resolver } from '@posthouse/dns'
import type { Networks } from '@posthouse/line-server'
import { reply, type Reply } from '@posthouse/smtp'
import { isSpecialAddress } from './special-address.ts'

/** One address of a destination, with the name that it was found under. */
export interface Hop {
  readonly host: string
  readonly address: string
}

/** Where mail for a domain goes: addresses in the order in which they are tried. */
export type Route =
  | { readonly kind: 'hops'; readonly hops: readonly Hop[] }
  /** Mail can never get there; `reply` says why, in the form of one. */
  | { readonly kind: 'nowhere'; readonly reply: Reply }
  /** DNS did not answer: ask again later. */
  | { readonly kind: 'unknown'; readonly because: string }

/** What routing must know of ourselves. */
export interface RouteContext {
  readonly resolver: Resolver
  /** Our own host name, lower case: an MX of that name is us. */
  readonly hostname: string
  /** Our own addresses, if our MX listens on the port that we deliver to. */
  readonly ownAddresses: ReadonlySet<string>
  /** Addresses that may be connected to though they are no place in the public internet. */
  readonly privateTargets: Networks
  /** At most this many hops. */
  readonly limit: number
  readonly random?: () => number
}

/**
 * Finds the hosts of a domain (RFC 5321 §5.1): MX in the order of preference, equal ones shuffled;
 * without MX the domain's own addresses; a null MX (RFC 7505) means no mail at all. When we are one
 * of the MX ourselves, only better ones are used; when there are none, the mail would come back to
 * us (§5.1, and 5.4.6 of RFC 3463). `[192.0.2.1]` is an address itself.
 */
export async function findRoute(domain: string, context: RouteContext): Promise<Route> {
  if (domain.startsWith('[')) return literalRoute(domain, context)
  const answer = await context.resolver.mx(domain)
  if (answer.kind === 'temporary')
    return { kind: 'unknown', because: `MX of ${domain}: ${answer.because}` }
  if (answer.kind === 'nxdomain') return nowhere(550, '5.1.2', `There is no domain ${domain}`)
  if (answer.kind === 'nodata') return addressRoute(domain, [[domain]], context)
  const named = answer.records.filter(({ exchange }) => exchange !== '')
  if (named.length === 0) return nowhere(556, '5.1.10', `${domain} accepts no mail (null MX)`)
  return addressRoute(domain, tiersOf(named, context.random ?? Math.random), context)
}

/** Hosts by preference, those of one preference in random order (RFC 5321 §5.1). */
function tiersOf(
  records: readonly MxRecord[],
  random: () => number,
): readonly (readonly string[])[] {
  const tiers = new Map<number, string[]>()
  for (const { preference, exchange } of records.toSorted((a, b) => a.preference - b.preference)) {
    const tier = tiers.get(preference)
    if (tier === undefined) tiers.set(preference, [exchange])
    else tier.splice(Math.floor(random() * (tier.length + 1)), 0, exchange)
  }
  return [...tiers.values()]
}

async function addressRoute(
  domain: string,
  tiers: readonly (readonly string[])[],
  context: RouteContext,
): Promise<Route> {
  const hops: Hop[] = []
  const doubts: string[] = []
  let isRefused = false
  for (const tier of tiers) {
    const found: Hop[] = []
    for (const host of tier) {
      const { addresses, doubt } = await addressesOf(host, context.resolver)
      if (doubt !== undefined) doubts.push(doubt)
      found.push(...addresses.map((address) => ({ host, address })))
    }
    // We are in this tier: it and all that follow would lead back to us.
    if (
      tier.some((host) => isOurName(host, context)) ||
      found.some((hop) => isOurs(hop, context))
    ) {
      if (hops.length === 0 && doubts.length === 0) {
        return nowhere(554, '5.4.6', `The mail for ${domain} leads back to this server`)
      }
      break
    }
    const allowed = found.filter((hop) => isAllowed(hop, context))
    isRefused ||= allowed.length < found.length
    hops.push(...allowed)
    if (hops.length >= context.limit) break
  }
  if (hops.length > 0) return { kind: 'hops', hops: hops.slice(0, context.limit) }
  if (doubts.length > 0) return { kind: 'unknown', because: doubts.join('; ') }
  const why = isRefused ? 'only at private addresses' : 'without an address'
  return nowhere(550, '5.4.4', `The mail host of ${domain} is ${why}`)
}

/** IPv4 first: its reverse names and reputation are what receivers check. */
async function addressesOf(
  host: string,
  resolver: Resolver,
): Promise<{ addresses: readonly string[]; doubt?: string }> {
  // QUIRK: an MX that is an address, which RFC 5321 §5.1 forbids, is met now and then.
  if (isIPv4(host) || isIPv6(host)) return { addresses: [host] }
  const [four, six] = await Promise.all([resolver.a(host), resolver.aaaa(host)])
  const addresses = [four, six].flatMap((answer) =>
    answer.kind === 'records' ? answer.records : [],
  )
  const failed = [four, six].find((answer) => answer.kind === 'temporary')
  if (failed === undefined || addresses.length > 0) return { addresses }
  return { addresses, doubt: `address of ${host}: ${failed.because}` }
}

function literalRoute(domain: string, context: RouteContext): Route {
  const address = domain.slice(1, -1).replace(/^ipv6:/i, '')
  const hop = { host: domain, address }
  if (!isIPv4(address) && !isIPv6(address)) {
    return nowhere(550, '5.1.3', `${domain} is not an address`)
  }
  if (isOurs(hop, context)) return nowhere(554, '5.4.6', `${domain} is this server`)
  if (!isAllowed(hop, context)) return nowhere(550, '5.4.4', `${domain} is a private address`)
  return { kind: 'hops', hops: [hop] }
}

function isOurName(host: string, context: RouteContext): boolean {
  return host.toLowerCase() === context.hostname
}

function isOurs(hop: Hop, context: RouteContext): boolean {
  return context.ownAddresses.has(hop.address)
}

function isAllowed(hop: Hop, context: RouteContext): boolean {
  return !isSpecialAddress(hop.address) || context.privateTargets.has(hop.address)
}

function nowhere(code: number, enhanced: string, text: string): Route {
  return { kind: 'nowhere', reply: reply(code, enhanced, text) }
}
