import { icon, script, styles, type Asset } from '../assets.ts'
import { route, type Route } from '../route.ts'

/** What pages refer to. */
export const assets: readonly Route[] = [styles, script, icon].map(assetRoute)

function assetRoute({ path, type, body }: Asset): Route {
  const headers = { 'content-type': type, 'cache-control': 'max-age=31536000, immutable' }
  return route({
    name: 'asset',
    path,
    methods: ['GET'],
    handle: () => new Response(body, { headers }),
  })
}
