import { plain, notFound, route } from '../route.ts'
import { stsPolicyText } from '../sts-policy.ts'

/**
 * The MTA-STS policy of a domain, at `mta-sts.DOMAIN` over TLS and nowhere else (RFC 8461 §3.3). While DNS does not answer
 * whether mail for it comes here, there is none for the moment: others go on with the one that they have.
 */
export const mtaSts = route({
  name: 'mta-sts',
  path: '/.well-known/mta-sts.txt',
  methods: ['GET'],
  async handle({ var: { house, peer, site } }) {
    if (site.kind !== 'domain' || site.label !== 'mta-sts' || !peer.isPrivate) return notFound()
    const serving = await house.store.stsServings.of(site.domain)
    if (serving === undefined) return notFound()
    const mx = serving.mode === 'none' ? [] : await house.mailHosts.of(site.domain)
    if (mx === undefined) return plain(503, 'Try again in a minute.', { 'retry-after': '60' })
    if (serving.mode !== 'none' && mx.length === 0) return notFound()
    return new Response(stsPolicyText(serving, mx), {
      // RFC 8461 §3.2: text/plain. §3.3: what HTTP says of caching counts for nothing.
      headers: { 'content-type': 'text/plain', 'cache-control': 'no-cache' },
    })
  },
})
