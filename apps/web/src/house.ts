import type { IncomingMessage } from 'node:http'
import { resolverOf, type Services } from '@posthouse/app'
import type { Resolver } from '@posthouse/dns'
import { LeakyCounts } from '@posthouse/line-server'
import { HostedDomains } from './hosted-domains.ts'
import { limits } from './limits.ts'
import { peerOf, type Peer } from './peer.ts'

/** What all routes share. */
export interface House extends Services {
  readonly resolver: Resolver
  readonly hosted: HostedDomains
  /** Who asks. */
  readonly peerOf: (request: IncomingMessage) => Peer
  /** Requests by address. */
  readonly requests: LeakyCounts
}

/** The house over these services. */
export function houseOf(services: Services): House {
  return {
    ...services,
    resolver: resolverOf(services),
    hosted: new HostedDomains(services.store),
    peerOf,
    requests: new LeakyCounts(limits.requestsPerMinute, () => performance.now()),
  }
}
