import { autoconfigXml, offerFor } from '@posthouse/client-setup'
import { limits } from '../limits.ts'
import { cached, notFound, route, type Visit } from '../route.ts'
import { domainWanted } from '../site.ts'

/** Where Thunderbird, K-9 and others look at `autoconfig.DOMAIN`, with TLS and without. */
export const autoconfig = route({
  name: 'autoconfig',
  path: '/mail/config-v1.1.xml',
  methods: ['GET'],
  handle: settings,
})

/** Where they look at the domain itself. */
export const wellKnownAutoconfig = route({
  name: 'autoconfig.well-known',
  path: '/.well-known/autoconfig/mail/config-v1.1.xml',
  methods: ['GET'],
  handle: settings,
})

async function settings({ req, var: { house, site } }: Visit): Promise<Response> {
  const { config, hosted } = house
  const domain = await domainWanted(site, req.query('emailaddress'), config, hosted)
  if (domain === undefined) return notFound()
  const body = autoconfigXml(offerFor(config, domain))
  return cached(body, 'text/xml; charset=utf-8', limits.cacheSeconds)
}
