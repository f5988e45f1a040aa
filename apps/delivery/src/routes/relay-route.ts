import { reply } from '@posthouse/smtp'
import type { Hop, Route, RouteContext } from '../route.ts'
import type { SecurityNeed } from '../tls/security-need.ts'
import { byFamily } from './family-memory.ts'
import { addressesOf } from './host-addresses.ts'
import type { HopRelay, Relay } from './relay.ts'

/**
 * The addresses of a relay, private ones too: an operator has named it. What is wrong with it is the operator's to mend, so mail
 * waits and is not returned. A message that requires TLS (RFC 8689 §4.2.1) asks for more than the relay's setting may.
 */
export async function findRelayRoute(
  relay: Relay,
  need: SecurityNeed,
  context: RouteContext,
): Promise<Route> {
  const { host } = relay
  if (relay.problem !== undefined) return waiting(`The password for ${host}: ${relay.problem}`)
  const { addresses, doubt } = await addressesOf(host, context.resolver)
  if (addresses.length === 0) {
    return waiting(doubt ?? `The relay ${host} has no address`)
  }
  const access = accessOf(relay, need)
  const hops: readonly Hop[] = addresses.map((each) => ({ host, ...each, relay: access }))
  const inOrder = byFamily(hops, context.families).slice(0, context.limit)
  return { kind: 'hops', hops: inOrder, mx: { names: [host], isSecure: false } }
}

function accessOf(relay: Relay, need: SecurityNeed): HopRelay {
  const { id, port, implicitTls, tls, credentials, isAuthRisky } = relay
  return {
    id,
    port,
    implicitTls,
    tls: need === 'required' ? 'verified' : tls,
    isAuthRisky,
    ...(credentials === undefined ? {} : { credentials }),
  }
}

/** 4.3.5: the system is incorrectly configured (RFC 3463 §3.4). */
function waiting(because: string): Route {
  return { kind: 'unknown', because, reply: reply(451, '4.3.5', because) }
}
