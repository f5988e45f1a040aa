import { notFound, route } from '../route.ts'

/**
 * What a certificate authority asks for (RFC 8555 §8.3), under whatever name it was told; answered by whoever ordered a
 * certificate.
 */
export const acmeChallenge = route({
  name: 'acme-challenge',
  path: '/.well-known/acme-challenge/:token',
  methods: ['GET'],
  anyHost: true,
  async handle({ req, var: { house } }) {
    const token = req.param('token') ?? ''
    // Base64url, of at least 128 bits.
    if (!/^[\w-]{16,200}$/.test(token)) return notFound()
    const answer = await house.store.certificates.challengeAnswer(token)
    if (answer === undefined) return notFound()
    return new Response(answer, { headers: { 'content-type': 'application/octet-stream' } })
  },
})
