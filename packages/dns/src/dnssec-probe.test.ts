import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startDnsServer, type DnsFault } from '@posthouse/testkit'
import { createResolver, type ResolverOptions } from './dns-resolver.ts'
import type { Answer, DnssecStatus, Resolver } from './resolver.ts'
import { Zone } from './zone.ts'

const zone = new Zone(`
signed.test         SECURE
signed.test         SOA ns.signed.test root.signed.test 1 7200 900 86400 120
mx.signed.test      A   192.0.2.1
bogus.signed.test   BOGUS
bogus.signed.test   A   192.0.2.2
unsigned.test       A   192.0.2.3
`)
const probe = { signed: 'signed.test', bogus: 'bogus.signed.test' }

/** What the probe finds out of a server, and what becomes of an answer that bears AD. */
async function probed(
  faults: readonly DnsFault[],
  options: ResolverOptions = {},
  during: (resolver: Resolver) => Promise<void> = () => Promise.resolve(),
): Promise<DnssecStatus> {
  const server = await startDnsServer(zone, ...faults)
  const found = Promise.withResolvers<DnssecStatus>()
  const resolver = createResolver({
    servers: [server.address],
    probe,
    onDnssec: found.resolve,
    ...options,
  })
  try {
    assert.equal(resolver.dnssec().state, 'unknown')
    const status = await found.promise
    assert.deepEqual(resolver.dnssec(), status)
    await during(resolver)
    return status
  } finally {
    await server.close()
  }
}

function isSecure(answer: Answer<unknown>): boolean {
  assert.notEqual(answer.kind, 'temporary')
  return answer.kind !== 'temporary' && answer.isSecure
}

test('answers of a resolver that validates are secure where they are signed', async () => {
  const status = await probed([], {}, async (resolver) => {
    assert.equal(isSecure(await resolver.a('mx.signed.test')), true)
    assert.equal(isSecure(await resolver.a('none.signed.test')), true)
    assert.equal(isSecure(await resolver.mx('mx.signed.test')), true)
    assert.equal(isSecure(await resolver.a('unsigned.test')), false)
    assert.equal((await resolver.a('bogus.signed.test')).kind, 'temporary')
  })
  assert.equal(status.state, 'validating')
  assert.match(status.text, /refuses what is signed wrongly$/)
})

test('a resolver that sets AD over everything is found out', async () => {
  const bogus = 'unsigned.test'
  const status = await probed(['forged-ad'], { probe: { ...probe, bogus } }, async (resolver) => {
    assert.equal(isSecure(await resolver.a('mx.signed.test')), false)
  })
  assert.equal(status.state, 'not-validating')
})

test('a resolver that never sets AD does not validate', async () => {
  const status = await probed(['no-ad'])
  assert.equal(status.state, 'not-validating')
  assert.match(status.text, /no AD/)
})

test('a probe without an answer says that it does not know, and nothing is secure', async () => {
  const status = await probed(
    [],
    { probe: { ...probe, signed: 'away.test' } },
    async (resolver) => {
      assert.equal(isSecure(await resolver.a('mx.signed.test')), false)
    },
  )
  assert.equal(status.state, 'unknown')
})

test('the AD of another machine counts only where the operator trusts it', async () => {
  const found = Promise.withResolvers<DnssecStatus>()
  createResolver({ servers: ['192.0.2.53'], onDnssec: found.resolve }).dnssec()
  const status = await found.promise
  assert.equal(status.state, 'not-validating')
  assert.match(status.text, /^192\.0\.2\.53:53 is another machine/)
})
