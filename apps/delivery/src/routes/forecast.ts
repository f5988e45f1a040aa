import type { Config } from '@posthouse/config'
import type { Resolver } from '@posthouse/dns'
import type { Store } from '@posthouse/store'
import type { Log } from '@posthouse/telemetry'
import { deliveryLimits } from '../limits.ts'
import { sourceAddressFor } from '../pace/source-address.ts'
import { findRoute, type Hop, type Route } from '../route.ts'
import { type Plan, relayPlan } from '../tls/plan.ts'
import { TlsDesk } from '../tls/tls-desk.ts'
import { tlsLimits } from '../tls/tls-limits.ts'
import { findRelayRoute } from './relay-route.ts'
import type { Relay } from './relay.ts'
import { RouteBook } from './route-book.ts'
import { routeContext } from './route-context.ts'

/** What a message is, as far as its way depends on it. */
export interface ForecastRequest {
  /** The envelope sender; empty for the null one. */
  readonly sender: string
  /** The recipient's domain, as A-label, or an address literal. */
  readonly domain: string
  /** Attempts that have failed so far. */
  readonly failures: number
}

/** One address that would be tried. */
export interface ForecastHop extends Hop {
  readonly port: number
  /** What protects the connection, in words. */
  readonly protection: string
  /** The address of ours that the host would see; empty where there is no way to it. */
  readonly source: string
}

/** Where a message would go, and why. */
export interface Forecast {
  /** The relay that it would go through. */
  readonly relay: Relay | undefined
  readonly route:
    | Exclude<Route, { kind: 'hops' }>
    | { readonly kind: 'hops'; readonly mx: readonly string[] }
  /** In the order in which they are tried. */
  readonly hops: readonly ForecastHop[]
}

/** What a forecast is made from. */
export interface ForecastContext {
  readonly config: Config
  readonly store: Pick<Store, 'relays' | 'tls'>
  readonly resolver: Resolver
  readonly log: Log
}

/** Says where the delivery worker would send a message now, by the same rules, and connects to nobody. */
export async function forecast(
  request: ForecastRequest,
  { config, store, resolver, log }: ForecastContext,
): Promise<Forecast> {
  // Rejects where the store is away; a book would wait for it to come back.
  await store.relays.list()
  const book = new RouteBook(store.relays, log)
  const desk = new TlsDesk({ config, resolver, ledger: store.tls, log, limits: tlsLimits })
  try {
    await book.ready()
    const relay = book.relayOf(request.sender, request.domain, request.failures)
    const context = routeContext(config, resolver, deliveryLimits.addresses)
    const route =
      relay === undefined
        ? await findRoute(request.domain, context)
        : await findRelayRoute(relay, 'usual', context)
    if (route.kind !== 'hops') return { relay, route, hops: [] }
    const hops = await Promise.all(
      route.hops.map(async (hop) => ({
        ...hop,
        port: hop.relay?.port ?? config.delivery.mxPort,
        protection: planWords(await planOf(hop, request.domain, desk)),
        source: await sourceAddressFor(hop.address),
      })),
    )
    return { relay, route: { kind: 'hops', mx: route.mx.names }, hops }
  } finally {
    book.close()
    await desk.end()
  }
}

async function planOf(hop: Hop, domain: string, { policies }: TlsDesk): Promise<Plan> {
  if (hop.relay !== undefined) return relayPlan(hop.relay.tls)
  return (await policies.plan(hop, domain, 'usual')).plan
}

/** What a plan asks of a connection, in words. */
function planWords(plan: Plan): string {
  switch (plan.kind) {
    case 'clear':
      return 'no TLS'
    case 'any':
      return 'TLS if it is offered'
    case 'encrypted':
      return `TLS (${plan.why})`
    case 'dane':
      return 'TLS, certificate by DANE'
    case 'webpki':
      return `TLS, valid certificate${plan.policy === 'sts' ? ' (MTA-STS)' : ''}`
    case 'refused':
      return `not used: ${plan.failure.because}`
  }
}
