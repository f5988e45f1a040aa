import { offerFor, webUrlOf } from '@posthouse/client-setup'
import { formatStoreAddress, parseStoreAddress } from '@posthouse/store'
import { limits } from '../limits.ts'
import { htmlResponse, strictTransport } from '../pages/layout.ts'
import { setupPage, type SetupPage } from '../pages/setup-page.ts'
import { route, type Visit } from '../route.ts'
import { homeOf } from '../site.ts'

/** The help page. Without TLS strangers are sent to the server's own address: who changes it on its way has them type passwords. */
export const setup = route({
  name: 'setup',
  path: '/setup',
  methods: ['GET'],
  async handle(visit) {
    const { house, peer } = visit.var
    if (!peer.isPrivate) return moved(`${webUrlOf(house.config)}/setup`)
    const headers = { 'cache-control': `private, max-age=${limits.pageCacheSeconds}` }
    const transport = strictTransport(house.config, peer)
    return htmlResponse(setupPage(await pageOf(visit)), { ...headers, ...transport })
  },
})

/** Who comes without knowing where to gets help. */
export const start = route({
  name: 'start',
  path: '/',
  methods: ['GET'],
  handle: () => moved('/setup'),
})

function moved(location: string): Response {
  return new Response(null, { status: 302, headers: { location } })
}

/** Whether the domain is ours is no secret: DNS tells it. Whether the address exists is nowhere looked at. */
async function pageOf({ req, var: { house, site } }: Visit): Promise<SetupPage> {
  const { config, hosted } = house
  const own = await homeOf(site, config, hosted)
  const asked = (req.query('address') ?? '').trim().slice(0, 254)
  const address = parseStoreAddress(asked)
  if (asked === '') return { offer: offerFor(config, own) }
  if (address === undefined || !(await hosted.has(address.domain)))
    return { offer: offerFor(config, own), refused: asked }
  return { offer: offerFor(config, address.domain), address: formatStoreAddress(address) }
}
