import { autodiscoverJson as answerOf, offerFor } from '@posthouse/client-setup'
import { limits } from '../limits.ts'
import { cached, notFound, route, type Visit } from '../route.ts'
import { domainWanted } from '../site.ts'

/** Where newer Outlooks learn where to ask; the address is a parameter. */
export const autodiscoverJson = route({
  name: 'autodiscover.json',
  path: '/autodiscover/autodiscover.json',
  methods: ['GET'],
  handle: (visit) => place(visit, visit.req.query('Email')),
})

/** The same with the address in the path. */
export const autodiscoverJsonPath = route({
  name: 'autodiscover.json.path',
  path: '/autodiscover/autodiscover.json/v1.0/:address',
  methods: ['GET'],
  handle: (visit) => place(visit, visit.req.param('address')),
})

async function place(
  { req, var: { house, site } }: Visit,
  address: string | undefined,
): Promise<Response> {
  const { config, hosted } = house
  const protocol = req.query('Protocol')
  if (protocol?.toLowerCase() !== 'autodiscoverv1') return refused(protocol)
  const domain = await domainWanted(site, address, config, hosted)
  if (domain === undefined) return notFound()
  return json(answerOf(offerFor(config, domain)), 200)
}

function refused(protocol: string | undefined): Response {
  if (protocol === undefined) {
    const ErrorMessage = 'A valid value must be provided for the query parameter Protocol.'
    return json({ ErrorCode: 'MandatoryParameterMissing', ErrorMessage }, 400)
  }
  const ErrorMessage = 'The given protocol value is invalid. Supported values are AutodiscoverV1.'
  return json({ ErrorCode: 'InvalidProtocol', ErrorMessage }, 400)
}

function json(body: object, status: number): Response {
  const type = 'application/json; charset=utf-8'
  if (status === 200) return cached(JSON.stringify(body), type, limits.cacheSeconds)
  return new Response(JSON.stringify(body), { status, headers: { 'content-type': type } })
}
