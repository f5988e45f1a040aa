import { limits } from '../limits.ts'
import { cached, route } from '../route.ts'

/** Search engines find nothing here that somebody looks for (RFC 9309). */
export const robots = route({
  name: 'robots',
  path: '/robots.txt',
  methods: ['GET'],
  handle: () =>
    cached('User-agent: *\nDisallow: /\n', 'text/plain; charset=utf-8', limits.cacheSeconds),
})
