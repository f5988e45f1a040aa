import { offerFor, paccJson } from '@posthouse/client-setup'
import { limits } from '../limits.ts'
import { cached, notFound, route } from '../route.ts'

/** Where PACC looks (draft-ietf-mailmaint-pacc), at `ua-auto-config.DOMAIN`; never without TLS. */
export const pacc = route({
  name: 'pacc',
  path: '/.well-known/user-agent-configuration.json',
  methods: ['GET'],
  handle({ var: { house, site, peer } }) {
    if (site.kind !== 'domain' || !peer.isPrivate) return notFound()
    const body = paccJson(offerFor(house.config, site.domain))
    return body === undefined ? notFound() : cached(body, 'application/json', limits.cacheSeconds)
  },
})
