import { findRoute, type Hop, type Route, type RouteContext } from '../route.ts'
import { findRelayRoute } from '../routes/relay-route.ts'
import type { Relay } from '../routes/relay.ts'
import { isSpecialAddress } from '../special-address.ts'
import type { SecurityNeed } from '../tls/security-need.ts'
import type { TlsDesk } from '../tls/tls-desk.ts'
import type { PaceBook } from './pace-book.ts'
import { providerOf } from './provider.ts'
import type { ProviderPace } from './provider-pace.ts'

/** Where the mail of a domain goes, and with what it may share connections. */
export interface RouteGroup {
  /** Domains of one key go over the same connections. */
  readonly key: string
  /** The one that it was found for. */
  readonly domain: string
  readonly need: SecurityNeed
  readonly hops: readonly Hop[]
  readonly pace: ProviderPace
}

/** A group, or why the mail goes nowhere now. */
export type Grouped =
  | { readonly kind: 'group'; readonly group: RouteGroup }
  | Exclude<Route, { readonly kind: 'hops' }>

/** What grouping needs. */
export interface GroupContext {
  readonly route: RouteContext
  readonly paces: PaceBook
  readonly tls: Pick<TlsDesk, 'policies'>
}

/**
 * Finds the group of a domain: all whose MX records name the same hosts in the same order share lanes and connections, as long
 * as they ask for the same protection; all whose hosts are in the hands of one provider share its pace.
 */
export async function groupOf(
  domain: string,
  need: SecurityNeed,
  { route: routing, paces, tls }: GroupContext,
  relay?: Relay,
): Promise<Grouped> {
  if (relay !== undefined) return await relayGroup(relay, domain, need, { route: routing, paces })
  const route = await findRoute(domain, routing)
  if (route.kind !== 'hops') return route
  const tiers = await tiersOf(domain, route.hops, routing)
  const [first] = route.hops
  const source = first === undefined ? '' : await paces.sources.for(first.address)
  const pace = paces.of({
    provider: providerOf(tiers),
    source,
    isHouse: route.hops.every(({ address }) => isSpecialAddress(address)),
  })
  const names = tiers.map((tier) => tier.join(',')).join('>')
  // Domains that ask for other proofs than others may not go over their connections.
  const proof = await tls.policies.sharingKey(domain, route.hops)
  const key = `${need} ${names} ${proof}`
  return { kind: 'group', group: { key, domain, need, hops: route.hops, pace } }
}

/** What goes through a relay goes through it together, whatever its domain. */
async function relayGroup(
  relay: Relay,
  domain: string,
  need: SecurityNeed,
  { route: routing, paces }: Pick<GroupContext, 'route' | 'paces'>,
): Promise<Grouped> {
  const route = await findRelayRoute(relay, need, routing)
  if (route.kind !== 'hops') return route
  const [first] = route.hops
  const source = first === undefined ? '' : await paces.sources.for(first.address)
  const pace = paces.of({ provider: `relay ${relay.host}`, source, isHouse: true })
  const key = `${need} relay ${relay.id}`
  return { kind: 'group', group: { key, domain, need, hops: route.hops, pace } }
}

/** Host names by preference: the MX records, which the resolver has at hand; the hosts themselves where there are none. */
async function tiersOf(
  domain: string,
  hops: readonly Hop[],
  { resolver }: RouteContext,
): Promise<readonly (readonly string[])[]> {
  const answer = domain.startsWith('[') ? undefined : await resolver.mx(domain)
  if (answer?.kind !== 'records') return [[...new Set(hops.map(({ host }) => host.toLowerCase()))]]
  const tiers = Map.groupBy(answer.records, ({ preference }) => preference)
  const inOrder = [...tiers].toSorted(([a], [b]) => a - b)
  return inOrder.map(([, records]) =>
    records.map(({ exchange }) => exchange.toLowerCase()).toSorted(),
  )
}
