import assert from 'node:assert/strict'
import { test } from 'node:test'
import { reverseName } from './names.ts'
import type { Answer } from './resolver.ts'
import { Zone } from './zone.ts'
import { zoneResolver } from './zone-resolver.ts'

const zone = new Zone(`
# a domain with everything
example.test        MX    20 mx2.example.test
example.test        MX    10 mx1.example.test.
example.test        TXT   "v=spf1 -all"   # text
mx1.example.test    A     192.0.2.1
mx1.example.test    AAAA  2001:db8::1
www.example.test    60 CNAME mx1.example.test
null.test           MX    0 .
broken.test         FAIL
silent.test         TIMEOUT
a.loop.test         CNAME b.loop.test
b.loop.test         CNAME a.loop.test
1.2.0.192.in-addr.arpa PTR mx1.example.test
signed.test         SECURE
signed.test         600 SOA ns.signed.test root.signed.test 1 7200 900 86400 120
signed.test         900 A 192.0.2.2
out.signed.test     CNAME mx1.example.test
bogus.signed.test   BOGUS
bogus.signed.test   A 192.0.2.3
_25._tcp.signed.test TLSA 3 1 1 c0ffee
`)

test('a zone answers with values for every outcome', async () => {
  const resolver = zoneResolver(zone)
  assert.deepEqual(recordsOf(await resolver.mx('Example.Test.')), [
    { preference: 10, exchange: 'mx1.example.test' },
    { preference: 20, exchange: 'mx2.example.test' },
  ])
  const none = { ttlSeconds: 60, isSecure: false }
  assert.deepEqual(await resolver.mx('nowhere.test'), { kind: 'nxdomain', ...none })
  assert.deepEqual(await resolver.a('example.test'), { kind: 'nodata', ...none })
  assert.equal((await resolver.a('test')).kind, 'nodata')
  for (const name of ['broken.test', 'silent.test', 'a.loop.test', 'bogus.signed.test']) {
    assert.equal((await resolver.a(name)).kind, 'temporary', name)
  }
  assert.deepEqual(recordsOf(await resolver.a('www.example.test')), ['192.0.2.1'])
  assert.deepEqual(recordsOf(await resolver.txt('example.test')), ['v=spf1 -all'])
  assert.deepEqual(recordsOf(await resolver.ptr('192.0.2.1')), ['mx1.example.test'])
  assert.deepEqual(recordsOf(await resolver.mx('null.test')), [{ preference: 0, exchange: '' }])
  assert.deepEqual(recordsOf(await resolver.tlsa('_25._tcp.signed.test')), [
    { usage: 3, selector: 1, matchingType: 1, data: Buffer.from('c0ffee', 'hex') },
  ])
})

test('a zone tells how long its answers hold, and which of them are signed', async () => {
  const resolver = zoneResolver(zone)
  assert.deepEqual(await standing(resolver.a('signed.test')), [900, true])
  assert.deepEqual(await standing(resolver.mx('signed.test')), [120, true])
  assert.deepEqual(await standing(resolver.mx('no.signed.test')), [120, true])
  // A chain is as good as its worst link.
  assert.deepEqual(await standing(resolver.a('out.signed.test')), [300, false])
  assert.deepEqual(await standing(resolver.a('www.example.test')), [60, false])
})

test('a zone line that is none is an error with its number', () => {
  assert.throws(() => new Zone('a.test A 192.0.2.1\nwhat is this?'), /zone line 2/)
})

test('reverse names are those of RFC 1035 and RFC 3596', () => {
  assert.equal(reverseName('192.0.2.1'), '1.2.0.192.in-addr.arpa')
  const six = '1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa'
  assert.equal(reverseName('2001:db8::1'), six)
})

async function standing(answer: Promise<Answer<unknown>>): Promise<readonly unknown[]> {
  const settled = await answer
  assert.notEqual(settled.kind, 'temporary')
  return settled.kind === 'temporary' ? [] : [settled.ttlSeconds, settled.isSecure]
}

function recordsOf<T>(answer: Answer<T>): readonly T[] {
  return answer.kind === 'records' ? answer.records : []
}
