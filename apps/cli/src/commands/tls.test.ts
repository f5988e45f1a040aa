import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Zone } from '@posthouse/dns'
import { startDnsServer, type DnsServer } from '@posthouse/testkit'
import { openCommandHouse, type CommandHouse } from '../testing/command-house.ts'

let dns: DnsServer
let house: CommandHouse
before(async () => {
  // The root is signed, and a name whose signatures are wrong fails: that is what a validating resolver looks like.
  dns = await startDnsServer(
    new Zone(`
      signed.test SECURE
      .  SECURE
      dnssec-failed.org BOGUS
      signed.test MX 10 mx.signed.test
      mx.signed.test A 127.0.0.1
      _25._tcp.mx.signed.test TLSA 3 1 1 ${'ab'.repeat(32)}
      nosts.test MX 10 mx.nosts.test
      mx.nosts.test A 127.0.0.1
      sts.test MX 10 mx.nosts.test
      _mta-sts.sts.test TXT "v=STSv1; id=7;"
      mta-sts.sts.test A 10.0.0.1
    `),
  )
  house = await openCommandHouse({
    POSTHOUSE_RESOLVERS: dns.address,
    POSTHOUSE_MX_PORT: '1',
    POSTHOUSE_PRIVATE_TARGETS: '127.0.0.0/8',
  })
})
after(async () => {
  await house.close()
  await dns.close()
})

test('the history of a domain is told host by host, and can be forgotten', async () => {
  const tls = { protocol: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384' }
  const usual = { isVerified: false, wasClear: false, failures: 0 } as const
  await house.store.tls.note([
    { ...usual, domain: 'a.test', mxHost: 'mx.a.test', policy: 'dane', isVerified: true, tls },
    { ...usual, domain: 'b.test', mxHost: 'mx.b.test', policy: 'sts', failures: 2, failure: 'x' },
  ])
  const all = await house.ok('tls', 'history')
  assert.match(all, /a\.test +mx\.a\.test +dane +yes +TLSv1\.3/)
  assert.match(all, /b\.test +mx\.b\.test +sts +no/)
  const { items } = await house.json('tls', 'history', 'b.test')
  assert.ok(Array.isArray(items) && items.length === 1)
  const told = await house.run('tls', 'history', 'b.test')
  assert.match(told.stderr, /The last 2 tries failed: x/)
  await house.ok('tls', 'history', 'a.test', '--forget', '--dry-run')
  assert.equal((await house.store.tls.peers('a.test')).length, 1)
  await house.ok('tls', 'history', 'a.test', '--forget')
  assert.deepEqual(await house.store.tls.peers('a.test'), [])
  await house.refused(2, 'tls', 'history', '--forget')
})

test('dane check says what DNS asks for, and 3 where it cannot be had', async () => {
  const checked = await house.run('dane', 'check', 'signed.test', '--json')
  assert.match(checked.stdout, /"tlsa":\["3 1 1 abab/)
  const nothing = await house.run('dane', 'check', 'none.test')
  assert.equal(nothing.code, 3)
  assert.match(nothing.stderr, /There is no domain none\.test/)
})

test('mtasts check says what is announced, and 3 where the policy cannot be had', async () => {
  const none = await house.run('mtasts', 'check', 'nosts.test')
  assert.equal(none.code, 0)
  assert.match(none.stderr, /announces no MTA-STS policy/)
  const unsafe = await house.run('mtasts', 'check', 'sts.test')
  assert.equal(unsafe.code, 3)
  assert.match(unsafe.stderr, /policy 7 cannot be had: .*private addresses only/)
})
