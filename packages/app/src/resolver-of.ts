import { createResolver, type Resolver } from '@posthouse/dns'
import type { Services } from './app.ts'

/** How an app looks names up: as it was told, else by the servers of the configuration. Makes a new cache: call it once. */
export function resolverOf({ config, log, resolver }: Services): Resolver {
  if (resolver !== undefined) return resolver
  return createResolver({
    ...config.dns,
    // What depends on DNSSEC is off while the state is not `validating`: the operator is told, once and at each change.
    onDnssec: ({ state, text }) => log.info('dns.dnssec', { state, text }),
  })
}
