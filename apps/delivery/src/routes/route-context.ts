import { networkInterfaces } from 'node:os'
import type { Config } from '@posthouse/config'
import type { Resolver } from '@posthouse/dns'
import { networks } from '@posthouse/line-server'
import type { RouteContext } from '../route.ts'
import { FamilyMemory } from './family-memory.ts'
import { OwnAddresses } from './own-addresses.ts'

/** What routing knows of this machine and its configuration. `limit`: addresses of a destination that are tried. */
export function routeContext(
  config: Pick<Config, 'delivery' | 'hostname' | 'ports'>,
  resolver: Resolver,
  limit: number,
): RouteContext & { readonly families: FamilyMemory } {
  const { mxPort, privateTargets } = config.delivery
  const interfaces = Object.values(networkInterfaces()).flatMap((all) => all ?? [])
  const own = interfaces.map(({ address }) => address)
  const hostname = config.hostname.toLowerCase()
  return {
    resolver,
    hostname,
    // On another port an address of ours is another server.
    ownAddresses:
      mxPort === config.ports.mx ? new OwnAddresses(hostname, resolver, own) : noneOfOurs,
    privateTargets: networks(privateTargets),
    families: new FamilyMemory(own),
    limit,
  }
}

const noneOfOurs: RouteContext['ownAddresses'] = { all: () => Promise.resolve(new Set()) }
