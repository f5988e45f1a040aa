import { limits } from '../limits.ts'
import { cached, notFound, route } from '../route.ts'

const dayMs = 24 * 3600 * 1000

/** Whom to tell of a hole (RFC 9116): the domain's postmaster, who is always there. */
export const securityTxt = route({
  name: 'security.txt',
  path: '/.well-known/security.txt',
  methods: ['GET'],
  handle({ var: { site } }) {
    if (site.kind !== 'domain') return notFound()
    // §2.5.5: within a year. The same all day, so that it has one ETag.
    const today = Math.floor(Date.now() / dayMs) * dayMs
    const expires = new Date(today + 90 * dayMs).toISOString().replace('.000', '')
    const text = `Contact: mailto:postmaster@${site.domain}\nExpires: ${expires}\n`
    return cached(text, 'text/plain; charset=utf-8', limits.cacheSeconds)
  },
})
