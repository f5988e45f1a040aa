import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Resolver, Zone, zoneResolver } from '@posthouse/dns'
import { findDane } from './dane-lookup.ts'

const hash = 'ab'.repeat(32)
const resolver = zoneResolver(
  new Zone(`
    good.test SECURE
    good.test MX 10 mx.good.test
    mx.good.test A 192.0.2.1
    mx.good.test AAAA 2001:db8::1
    _25._tcp.mx.good.test TLSA 3 1 1 ${hash}

    bare.test SECURE
    bare.test A 192.0.2.1
    _25._tcp.bare.test TLSA 2 0 1 ${hash}

    open.test MX 10 mx.good.test

    away.test SECURE
    away.test MX 10 mx.open.test
    mx.open.test A 192.0.2.1
    _25._tcp.mx.open.test TLSA 3 1 1 ${hash}

    plain.test SECURE
    plain.test MX 10 mx.plain.test
    mx.plain.test A 192.0.2.1

    odd.test SECURE
    odd.test MX 10 mx.odd.test
    mx.odd.test A 192.0.2.1
    _25._tcp.mx.odd.test TLSA 1 1 1 ${hash}

    bogus.test SECURE
    bogus.test MX 10 mx.bogus.test
    mx.bogus.test A 192.0.2.1
    _25._tcp.mx.bogus.test BOGUS

    silent.test SECURE
    silent.test MX 10 mx.silent.test
    mx.silent.test A 192.0.2.1
    _25._tcp.mx.silent.test TIMEOUT

    alias.test SECURE
    alias.test MX 10 mx.alias.test
    alias.test MX 20 two.alias.test
    alias.test MX 30 out.alias.test
    alias.test MX 40 bare.alias.test
    mx.alias.test CNAME mx.good.test
    two.alias.test CNAME mx.plain.test
    _25._tcp.two.alias.test TLSA 3 1 1 ${hash}
    out.alias.test CNAME mx.open.test
    _25._tcp.out.alias.test TLSA 3 1 1 ${hash}
    bare.alias.test CNAME mx.plain.test

    moved.test SECURE
    moved.test CNAME good.test
  `),
)
const find = (domain: string, host: string, from: Resolver = resolver) =>
  findDane({ domain, host, address: '192.0.2.1' }, from)

test('where MX and address are signed, the records of the host are found', async () => {
  const found = await find('good.test', 'mx.good.test')
  assert.ok(found.kind === 'records')
  assert.equal(found.usable.length, 1)
  assert.equal(found.base, 'mx.good.test')
  assert.deepEqual(found.names, ['mx.good.test', 'good.test'])
  const six = await findDane(
    { domain: 'good.test', host: 'mx.good.test', address: '2001:db8::1' },
    resolver,
  )
  assert.equal(six.kind, 'records')
})

test('a domain without MX is its own host', async () => {
  const found = await find('bare.test', 'bare.test')
  assert.ok(found.kind === 'records')
  assert.equal(found.base, 'bare.test')
})

test('where anything on the way is not signed, or there are no records, DANE asks for nothing', async () => {
  assert.deepEqual(await find('open.test', 'mx.good.test'), { kind: 'none' })
  assert.deepEqual(await find('away.test', 'mx.open.test'), { kind: 'none' })
  assert.deepEqual(await find('plain.test', 'mx.plain.test'), { kind: 'none' })
  assert.deepEqual(await find('[192.0.2.1]', '[192.0.2.1]'), { kind: 'none' })
})

test('records that cannot be used still ask for TLS', async () => {
  const found = await find('odd.test', 'mx.odd.test')
  assert.ok(found.kind === 'records')
  assert.deepEqual([found.usable.length, found.all.length], [0, 1])
})

test('an answer that is bogus or does not come is no "there is none"', async () => {
  assert.equal((await find('bogus.test', 'mx.bogus.test')).kind, 'failed')
  assert.equal((await find('silent.test', 'mx.silent.test')).kind, 'failed')
})

test('a host that the domain does not name any more is not used', async () => {
  assert.equal((await find('good.test', 'mx.plain.test')).kind, 'failed')
})

test('an alias has its records at its target, else at itself', async () => {
  const target = await find('alias.test', 'mx.alias.test')
  assert.ok(target.kind === 'records')
  assert.equal(target.base, 'mx.good.test')
  const itself = await find('alias.test', 'two.alias.test')
  assert.ok(itself.kind === 'records')
  assert.equal(itself.base, 'two.alias.test')
  const out = await find('alias.test', 'out.alias.test')
  assert.ok(out.kind === 'records', 'the target is not signed, the alias is')
  assert.equal(out.base, 'out.alias.test')
  assert.deepEqual(await find('alias.test', 'bare.alias.test'), { kind: 'none' })
  const moved = await find('moved.test', 'mx.good.test')
  assert.ok(moved.kind === 'records')
  assert.deepEqual(moved.names, ['mx.good.test', 'moved.test', 'good.test'])
})

test('without a resolver that validates nothing is asked', async () => {
  const state = 'not-validating' as const
  const blind: Resolver = {
    ...resolver,
    dnssec: () => ({ state, text: 'no AD' }),
    tlsa: () => Promise.reject(new Error('asked')),
  }
  assert.deepEqual(await find('good.test', 'mx.good.test', blind), { kind: 'none' })
})
