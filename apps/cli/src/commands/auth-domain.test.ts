import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Zone } from '@posthouse/dns'
import { startDnsServer, type DnsServer } from '@posthouse/testkit'
import { runPosthouse, type Ended } from '../testing/command-house.ts'

let dns: DnsServer
before(async () => {
  dns = await startDnsServer(
    new Zone(`
example.org TXT "v=spf1 include:sends.example -all"
sends.example TXT "v=spf1 ip4:192.0.2.0/24 -all"
_dmarc.example.org TXT "v=DMARC1; p=quarantine; sp=reject"
slow.example FAIL
_dmarc.slow.example FAIL
`),
  )
})
after(() => dns.close())

const auth = (...args: readonly string[]): Promise<Ended> =>
  runPosthouse({ POSTHOUSE_RESOLVERS: dns.address }, ['auth', ...args])

test('SPF is told with what let the client in, or did not', async () => {
  const good = await auth('spf', '192.0.2.7', 'ada@example.org')
  assert.equal(good.code, 0, good.stderr)
  assert.match(good.stdout, /192\.0\.2\.7 as example\.org: pass \(include:sends\.example\)/)
  assert.match(good.stdout, /sends\.example TXT .*v=spf1 ip4:192\.0\.2\.0\/24 -all/)
  const bad = await auth('spf', '198.51.100.1', 'example.org', '--json')
  assert.equal(bad.code, 3)
  const { kind, result, mechanism } = JSON.parse(bad.stdout) as Record<string, unknown>
  assert.deepEqual([kind, result, mechanism], ['SpfAnswer', 'fail', '-all'])
  assert.equal((await auth('spf', '192.0.2.7', 'x@slow.example')).code, 7)
  assert.equal((await auth('spf', 'somewhere', 'ada@example.org')).code, 2)
  assert.equal((await auth('spf', '192.0.2.7', 'nothing')).code, 2)
})

test('a DMARC policy is told with where it stands; of a subdomain it is the one for those', async () => {
  const own = await auth('dmarc', 'example.org')
  assert.equal(own.code, 0, own.stderr)
  assert.match(own.stdout, /as "quarantine"; the record is at _dmarc\.example\.org/)
  const below = await auth('dmarc', 'ada@news.example.org', '--json')
  const { policy, recordAt } = JSON.parse(below.stdout) as Record<string, unknown>
  assert.deepEqual([policy, recordAt], ['reject', 'example.org'])
  const none = await auth('dmarc', 'sends.example')
  assert.equal(none.code, 3)
  assert.match(none.stdout, /has no policy/)
  assert.equal((await auth('dmarc', 'slow.example')).code, 7)
})
