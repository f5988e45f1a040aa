import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createResolver, Zone } from '@posthouse/dns'
import { startDnsServer } from './dns-server.ts'

test('a zone is served to any resolver', async () => {
  const server = await startDnsServer(
    new Zone(`
      example.test      MX   10 mx.example.test
      example.test      TXT  "v=spf1 -all"
      null.test         MX   0 .
      mx.example.test   A    192.0.2.1
      mx.example.test   AAAA 2001:db8::1
      1.2.0.192.in-addr.arpa PTR mx.example.test
      www.example.test  CNAME mx.example.test
      broken.test       FAIL
    `),
  )
  const resolver = createResolver({ servers: [server.address] })
  try {
    assert.deepEqual(await resolver.mx('example.test'), {
      kind: 'records',
      records: [{ preference: 10, exchange: 'mx.example.test' }],
      ttlSeconds: 300,
      isSecure: false,
    })
    assert.deepEqual(records(await resolver.mx('null.test')), [{ preference: 0, exchange: '' }])
    assert.deepEqual(records(await resolver.txt('example.test')), ['v=spf1 -all'])
    assert.deepEqual(records(await resolver.a('mx.example.test')), ['192.0.2.1'])
    assert.deepEqual(records(await resolver.aaaa('mx.example.test')), ['2001:db8::1'])
    assert.deepEqual(records(await resolver.ptr('192.0.2.1')), ['mx.example.test'])
    assert.deepEqual(records(await resolver.cname('www.example.test')), ['mx.example.test'])
    assert.equal((await resolver.a('www.example.test')).kind, 'records')
    assert.equal((await resolver.a('example.test')).kind, 'nodata')
    assert.equal((await resolver.a('nowhere.test')).kind, 'nxdomain')
    assert.equal((await resolver.a('broken.test')).kind, 'temporary')
    assert.ok(server.questions.includes('MX example.test'))
  } finally {
    await server.close()
  }
})

function records(answer: { readonly kind: string; readonly records?: readonly unknown[] }) {
  return answer.records
}
