import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Resolver, Zone, zoneResolver } from '@posthouse/dns'
import { networks, noNetworks } from '@posthouse/line-server'
import { findRoute, type Route, type RouteContext } from '../route.ts'
import { FamilyMemory } from './family-memory.ts'
import { OwnAddresses } from './own-addresses.ts'

const many = Array.from({ length: 200 }, (_, at) => `many.test MX ${at} mx${at}.many.test`)
const zone = new Zone(`
${many.join('\n')}
mx19.many.test      A    192.0.3.19
mx20.many.test      A    192.0.3.20
wide.test           MX   10 a.wide.test
wide.test           MX   20 b.wide.test
${Array.from({ length: 30 }, (_, at) => `a.wide.test A 192.0.4.${at}`).join('\n')}
b.wide.test         A    192.0.5.1
null.test           MX   0 .
nullhigh.test       MX   10 .
nullmixed.test      MX   0 .
nullmixed.test      MX   10 mx.host.test
mx.host.test        A    192.0.3.1
implicit.test       A    192.0.3.2
implicit.test       AAAA 2600::2
onlytext.test       TXT  nothing here
cname.test          CNAME implicit.test
cnamemx.test        CNAME target.test
target.test         MX   10 mx.host.test
mxcname.test        MX   10 alias.host.test
alias.host.test     CNAME mx.host.test
circle.test         CNAME circle2.test
circle2.test        CNAME circle.test
six.test            MX   10 mx.six.test
mx.six.test         AAAA 2600::6
both.test           MX   10 m1.both.test
both.test           MX   20 m2.both.test
m1.both.test        A    192.0.3.11
m1.both.test        A    192.0.3.12
m1.both.test        AAAA 2600::11
m1.both.test        AAAA 2600::12
m2.both.test        A    192.0.3.13
nat64.test          MX   10 mx.nat64.test
mx.nat64.test       AAAA 64:ff9b::10.0.0.1
mapped.test         MX   10 mx.mapped.test
mx.mapped.test      AAAA ::ffff:127.0.0.1
halfprivate.test    MX   10 mx.halfprivate.test
mx.halfprivate.test A    10.0.0.1
mx.halfprivate.test AAAA 2600::7
localhost.test      MX   10 localhost
localhost           A    127.0.0.1
ours.test           MX   10 mx.host.test
ours.test           MX   20 another-name.test
another-name.test   A    203.0.114.9
mail.example.test   A    203.0.114.9
oursmapped.test     MX   10 strange.test
strange.test        AAAA ::ffff:203.0.114.9
upper.test          MX   10 MAIL.Example.TEST
signed.test         SECURE
signed.test         MX   10 mx.signed.test
mx.signed.test      A    192.0.3.30
signedmx.test       SECURE
signedmx.test       MX   10 mx.host.test
signedhost.test     MX   10 mx.signed.test
signedbare.test     SECURE
signedbare.test     A    192.0.3.31
slow.test           MX   10 silent.test
slow.test           MX   20 mx.host.test
silent.test         TIMEOUT
`)
const resolver = zoneResolver(zone)

const context: RouteContext = {
  resolver,
  hostname: 'mail.example.test',
  ownAddresses: new OwnAddresses('mail.example.test', resolver, ['10.9.9.9', 'fe80::1%eth0']),
  privateTargets: noNetworks,
  families: new FamilyMemory(['10.9.9.9', '2600::99']),
  limit: 10,
  random: () => 0.99,
}

function shown(route: Route): string {
  if (route.kind === 'hops') return route.hops.map(({ address }) => address).join(' ')
  return `${route.kind} ${route.reply.enhanced}`
}

async function routeTo(domain: string, more: Partial<RouteContext> = {}): Promise<string> {
  return shown(await findRoute(domain, { ...context, ...more }))
}

/** For each hop whether DNSSEC vouches for it; and for the MX. */
async function secured(domain: string): Promise<readonly boolean[]> {
  const route = await findRoute(domain, context)
  assert.ok(route.kind === 'hops')
  return [route.mx.isSecure, ...route.hops.map(({ isSecure }) => isSecure)]
}

test('a null MX is final whatever its preference; beside others it does not count', async () => {
  assert.equal(await routeTo('null.test'), 'nowhere 5.1.10')
  assert.equal(await routeTo('nullhigh.test'), 'nowhere 5.1.10')
  assert.equal(await routeTo('nullmixed.test'), '192.0.3.1')
})

test('without MX the domain is its own host, with both families; without addresses it has none', async () => {
  assert.equal(await routeTo('implicit.test'), '192.0.3.2 2600::2')
  assert.equal(await routeTo('onlytext.test'), 'nowhere 5.4.4')
})

test('a domain that is a CNAME has the MX, or the addresses, of its target; circles wait', async () => {
  assert.equal(await routeTo('cnamemx.test'), '192.0.3.1')
  assert.equal(await routeTo('cname.test'), '192.0.3.2 2600::2')
  assert.equal(await routeTo('circle.test'), 'unknown 4.4.3')
})

test('an MX that is a CNAME is followed all the same', async () => {
  assert.equal(await routeTo('mxcname.test'), '192.0.3.1')
})

test('of a domain with many MX the first twenty are looked up, of a host four addresses of a family', async () => {
  const asked: string[] = []
  const counting: Resolver = {
    ...resolver,
    a: (name) => {
      asked.push(name)
      return resolver.a(name)
    },
  }
  assert.equal(await routeTo('many.test', { resolver: counting }), '192.0.3.19')
  assert.equal(asked.length, 20)
  assert.match(await routeTo('wide.test'), /^(192\.0\.4\.\d+ ){4}192\.0\.5\.1$/)
})

test('families take turns within a preference, IPv4 first; a host with IPv6 alone is reached', async () => {
  const turns = '192.0.3.11 2600::11 192.0.3.12 2600::12 192.0.3.13'
  assert.equal(await routeTo('both.test'), turns)
  assert.equal(await routeTo('six.test'), '2600::6')
})

test('a family that does not work is tried last, and costs nothing where there is another way', async () => {
  let now = 0
  const families = new FamilyMemory(['192.0.3.99', '2600::99'], () => now)
  for (let at = 0; at < 3; at += 1) families.note('2600::11', false)
  const late = '192.0.3.11 192.0.3.12 2600::11 2600::12 192.0.3.13'
  assert.equal(await routeTo('both.test', { families }), late)
  assert.equal(await routeTo('six.test', { families }), '2600::6')
  now += 600_001
  assert.equal(
    await routeTo('both.test', { families }),
    '192.0.3.11 2600::11 192.0.3.12 2600::12 192.0.3.13',
  )
  for (let at = 0; at < 3; at += 1) families.note('192.0.3.11', false)
  const sixFirst = '2600::11 2600::12 192.0.3.11 192.0.3.12 192.0.3.13'
  assert.equal(await routeTo('both.test', { families }), sixFirst)
  families.note('192.0.3.11', true)
  assert.match(await routeTo('both.test', { families }), /^192\.0\.3\.11 2600::11/)
})

test('a machine without an address of a family tries it last', async () => {
  const withoutSix = new FamilyMemory(['10.0.0.5', 'fe80::1', '::1'])
  assert.match(await routeTo('both.test', { families: withoutSix }), /3\.11 192\.0\.3\.12 2600::11/)
  const withoutFour = new FamilyMemory(['127.0.0.1', '2600::99'])
  assert.match(await routeTo('both.test', { families: withoutFour }), /^2600::11 2600::12 192/)
})

test('private addresses behind IPv6 forms are refused like plain ones, unless they are allowed', async () => {
  for (const domain of ['nat64.test', 'mapped.test', 'localhost.test']) {
    assert.equal(await routeTo(domain), 'nowhere 5.4.4', domain)
  }
  for (const literal of ['[IPv6:::1]', '[IPv6:::ffff:10.0.0.1]', '[IPv6:fec0::1]', '[0.0.0.0]']) {
    assert.equal(await routeTo(literal), 'nowhere 5.4.4', literal)
  }
  assert.equal(await routeTo('halfprivate.test'), '2600::7')
  const allowed = { privateTargets: networks(['10.0.0.0/8']) }
  assert.equal(await routeTo('nat64.test', allowed), '64:ff9b::10.0.0.1')
  assert.equal(await routeTo('mapped.test', allowed), 'nowhere 5.4.4')
})

test('an MX that leads to us under any name, address or spelling ends the list', async () => {
  assert.equal(await routeTo('ours.test'), '192.0.3.1')
  assert.equal(await routeTo('oursmapped.test'), 'nowhere 5.4.6')
  assert.equal(await routeTo('upper.test'), 'nowhere 5.4.6')
  assert.equal(await routeTo('[203.0.114.9]'), 'nowhere 5.4.6')
  assert.equal(await routeTo('[IPv6:::ffff:cb00:7209]'), 'nowhere 5.4.6')
  assert.equal(await routeTo('[10.9.9.9]'), 'nowhere 5.4.6')
})

test('a hop is secure when its MX and its address both are', async () => {
  assert.deepEqual(await secured('signed.test'), [true, true])
  assert.deepEqual(await secured('signedmx.test'), [true, false])
  assert.deepEqual(await secured('signedhost.test'), [false, false])
  assert.deepEqual(await secured('signedbare.test'), [true, true])
})

test('a host whose DNS is silent does not hold up the others', async () => {
  assert.equal(await routeTo('slow.test'), '192.0.3.1')
})
