import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Zone, zoneResolver } from '@posthouse/dns'
import { networks, noNetworks } from '@posthouse/line-server'
import { findRoute, type Route, type RouteContext } from './route.ts'

const zone = new Zone(`
plain.test          MX   20 mx2.plain.test
plain.test          MX   10 mx1.plain.test
mx1.plain.test      A    198.51.100.1
mx1.plain.test      AAAA 2001:db8::1
mx2.plain.test      A    198.51.100.2
bare.test           A    198.51.100.3
alias.test          CNAME plain.test
null.test           MX   0 .
empty.test          MX   10 gone.empty.test
gone.empty.test     TXT  nothing
fails.test          FAIL
mxfails.test        MX   10 fails.test
halffails.test      MX   10 fails.test
halffails.test      MX   20 mx2.plain.test
backup.test         MX   10 mx1.plain.test
backup.test         MX   20 mail.example.test
backup.test         MX   30 mx2.plain.test
mail.example.test   A    198.51.100.9
loop.test           MX   10 mail.example.test
loop.test           MX   20 mx2.plain.test
addressloop.test    MX   10 other.test
other.test          A    198.51.100.9
private.test        MX   10 inside.test
inside.test         A    10.0.0.1
number.test         MX   10 198.51.100.7
equal.test          MX   10 mx1.plain.test
equal.test          MX   10 mx2.plain.test
`)

const context: RouteContext = {
  resolver: zoneResolver(zone),
  hostname: 'mail.example.test',
  ownAddresses: { all: () => Promise.resolve(new Set(['198.51.100.9'])) },
  privateTargets: networks(['0.0.0.0/0', '::/0']),
  limit: 10,
  random: () => 0.99,
}

function shown(route: Route): string {
  if (route.kind === 'hops') {
    return route.hops.map(({ host, address }) => `${host}=${address}`).join(' ')
  }
  return route.kind === 'unknown' ? 'unknown' : `${route.reply.code} ${route.reply.enhanced}`
}

async function routeTo(domain: string, more: Partial<RouteContext> = {}): Promise<string> {
  return shown(await findRoute(domain, { ...context, ...more }))
}

test('MX hosts come by preference, each with all its addresses', async () => {
  assert.equal(
    await routeTo('plain.test'),
    'mx1.plain.test=198.51.100.1 mx1.plain.test=2001:db8::1 mx2.plain.test=198.51.100.2',
  )
  assert.equal(await routeTo('alias.test'), await routeTo('plain.test'))
  assert.equal(await routeTo('plain.test', { limit: 1 }), 'mx1.plain.test=198.51.100.1')
})

test('equal preferences are shuffled', async () => {
  assert.match(await routeTo('equal.test', { random: () => 0.99 }), /^mx1\S+ \S+ mx2/)
  assert.match(await routeTo('equal.test', { random: () => 0 }), /^mx2\S+ mx1/)
})

test('without MX the domain itself is the host', async () => {
  assert.equal(await routeTo('bare.test'), 'bare.test=198.51.100.3')
})

test('no domain, a null MX and hosts without address are final', async () => {
  assert.equal(await routeTo('nowhere.test'), '550 5.1.2')
  assert.equal(await routeTo('null.test'), '556 5.1.10')
  assert.equal(await routeTo('empty.test'), '550 5.4.4')
})

test('failing DNS is asked again later, unless another host is known', async () => {
  assert.equal(await routeTo('fails.test'), 'unknown')
  assert.equal(await routeTo('mxfails.test'), 'unknown')
  assert.equal(await routeTo('halffails.test'), 'mx2.plain.test=198.51.100.2')
})

test('of a domain that we are an MX of only better hosts are used', async () => {
  assert.equal(
    await routeTo('backup.test'),
    'mx1.plain.test=198.51.100.1 mx1.plain.test=2001:db8::1',
  )
  assert.equal(await routeTo('loop.test'), '554 5.4.6')
  assert.equal(await routeTo('addressloop.test'), '554 5.4.6')
})

test('private addresses are not connected to unless that is allowed', async () => {
  assert.equal(await routeTo('private.test'), 'inside.test=10.0.0.1')
  assert.equal(await routeTo('private.test', { privateTargets: noNetworks }), '550 5.4.4')
  assert.equal(await routeTo('[127.0.0.1]', { privateTargets: noNetworks }), '550 5.4.4')
})

test('address literals, and an MX that is an address, need no look-up', async () => {
  assert.equal(await routeTo('[198.51.100.4]'), '[198.51.100.4]=198.51.100.4')
  assert.equal(await routeTo('[IPv6:2001:db8::4]'), '[IPv6:2001:db8::4]=2001:db8::4')
  assert.equal(await routeTo('number.test'), '198.51.100.7=198.51.100.7')
  assert.equal(await routeTo('[198.51.100.9]'), '554 5.4.6')
  assert.equal(await routeTo('[nonsense]'), '550 5.1.3')
})
