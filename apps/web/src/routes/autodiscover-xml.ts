import {
  autodiscoverErrorXml,
  autodiscoverXml as answerTo,
  offerFor,
  readAutodiscoverRequest,
  webUrlOf,
} from '@posthouse/client-setup'
import { formatStoreAddress, parseStoreAddress } from '@posthouse/store'
import { notFound, route, type Visit } from '../route.ts'

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

async function settings({ req, var: { house } }: Visit): Promise<Response> {
  const text = req.method === 'POST' ? await req.text() : ''
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
