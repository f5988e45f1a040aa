import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Resolver, zoneResolver } from '@posthouse/dns'
import { testAuthority } from '@posthouse/testkit'
import { checkDane, checkSts } from './domain-check.ts'
import { addDomain, policyText, startTlsWorld, tlsaOf, type TlsWorld } from './tls-world.fixture.ts'

let world: TlsWorld
before(async () => {
  world = await startTlsWorld(['a.test', 'b.test'])
  const { leaf } = testAuthority()
  addDomain(world, 'a.test', { isSigned: true, sts: '1', tlsa: [tlsaOf(leaf.cert)] })
  addDomain(world, 'b.test', { sts: '2' })
  addDomain(world, 'c.test')
})
after(() => world.close())

const context = (resolver: Resolver = zoneResolver(world.zone)) => ({
  config: world.suite.config,
  resolver,
  ca: testAuthority().ca,
})

test('a host is looked at as a delivery would, and nothing is sent', async () => {
  const { leaf } = testAuthority()
  world.sink.behave({ tls: leaf })
  const good = await checkDane('a.test', context())
  assert.deepEqual(
    good.hosts.map(({ result, tlsa }) => [result, tlsa]),
    [['good', [tlsaOf(leaf.cert)]]],
  )
  world.sink.behave({ tls: testAuthority().issue(['mx.a.test']) })
  const bad = await checkDane('a.test', context())
  assert.deepEqual([bad.hosts[0]?.result, bad.hosts[0]?.type], ['bad', 'certificate-not-trusted'])
  const open = await checkDane('c.test', context())
  assert.deepEqual(open.hosts[0]?.result, 'open')
  assert.ok(!world.sink.lines.some((line) => line.startsWith('MAIL')))
})

test('a resolver that does not validate is said to be one', async () => {
  const blind = zoneResolver(world.zone)
  const status = { state: 'not-validating', text: 'no AD' } as const
  const checked = await checkDane('a.test', context({ ...blind, dnssec: () => status }))
  assert.deepEqual(checked.dnssec, status)
  assert.equal(checked.hosts[0]?.result, 'open')
})

test('a policy is fetched, and every host held to it, in testing too', async () => {
  world.sink.behave({ tls: testAuthority().issue(['mx.b.test']) })
  for (const [mode, mx, result] of [
    ['enforce', 'mx.b.test', 'good'],
    ['testing', '*.b.test', 'good'],
    ['enforce', 'mx.else.test', 'bad'],
    ['none', 'mx.b.test', 'open'],
  ] as const) {
    world.policyHost.answer({ body: policyText(mode, mx) })
    const checked = await checkSts('b.test', context())
    assert.deepEqual([checked.id, checked.hosts[0]?.result], ['2', result], mode)
    assert.equal(checked.hosts[0]?.isListed, mx !== 'mx.else.test')
  }
  world.policyHost.answer({ body: 'nonsense' })
  const wrong = await checkSts('b.test', context())
  assert.ok(wrong.fetched?.ok === false && wrong.fetched.failure.type === 'sts-policy-invalid')
  assert.deepEqual(await checkSts('c.test', context()), { hosts: [] })
})
