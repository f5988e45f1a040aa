import {
  autodiscoverErrorXml,
  autodiscoverXml as answerTo,
  offerFor,
  readAutodiscoverRequest,
  webUrlOf,
} from '@posthouse/client-setup'
import { formatStoreAddress, parseStoreAddress } from '@posthouse/store'
import { bodyOf } from '../body.ts'
import { notFound, route, tooLarge, type Visit } from '../route.ts'

/**
 * What classic Outlook asks (MS-OXDSCLI §3.1). Without TLS it asks whether to go elsewhere: there the server's own address is
 * named, whatever the request says.
 */
export const autodiscoverXml = route({
  name: 'autodiscover.xml',
  path: '/autodiscover/autodiscover.xml',
  methods: ['GET', 'POST'],
  async handle(visit) {
    const { house, peer } = visit.var
    if (peer.isPrivate) return settings(visit)
    const location = `${webUrlOf(house.config)}/autodiscover/autodiscover.xml`
    return new Response(null, { status: 302, headers: { location } })
  },
})

async function settings(visit: Visit): Promise<Response> {
  const { house } = visit.var
  const text = visit.req.method === 'POST' ? await bodyOf(visit) : ''
  if (text === undefined) return tooLarge()
  const address = parseStoreAddress(readAutodiscoverRequest(text) ?? '')
  if (address === undefined) return xml(autodiscoverErrorXml(new Date()))
  if (!(await house.hosted.has(address.domain))) return notFound()
  return xml(answerTo(offerFor(house.config, address.domain), formatStoreAddress(address)))
}

function xml(body: string): Response {
  return new Response(body, {
    headers: { 'content-type': 'text/xml; charset=utf-8', 'cache-control': 'no-store' },
  })
}
