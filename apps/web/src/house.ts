import type { IncomingMessage } from 'node:http'
import { resolverOf, type Services } from '@posthouse/app'
import type { Resolver } from '@posthouse/dns'
import { LeakyCounts } from '@posthouse/line-server'
import { HostedDomains } from './hosted-domains.ts'
import { MailHosts } from './mail-hosts.ts'
import { limits } from './limits.ts'
import { ReadyDesk } from './monitoring/readiness.ts'
import { StoreGauges } from './monitoring/store-gauges.ts'
import { SuiteMetrics } from './monitoring/suite-metrics.ts'
import { peerOf, type Peer } from './peer.ts'

/** What all routes share. */
export interface House extends Services {
  readonly resolver: Resolver
  readonly hosted: HostedDomains
  readonly mailHosts: MailHosts
  /** Who asks. */
  readonly peerOf: (request: IncomingMessage) => Peer
  readonly suiteMetrics: SuiteMetrics
  readonly ready: ReadyDesk
  /** Requests by address. */
  readonly requests: LeakyCounts
}

/** The house over these services. */
export function houseOf(services: Services): House {
  const { control, store, log } = services
  const resolver = resolverOf(services)
  return {
    ...services,
    resolver,
    mailHosts: new MailHosts(resolver, services.config),
    hosted: new HostedDomains(services.store),
    peerOf,
    suiteMetrics: new SuiteMetrics(control, new StoreGauges(store, log)),
    ready: new ReadyDesk(control, store),
    requests: new LeakyCounts(limits.requestsPerMinute, () => performance.now()),
  }
}
