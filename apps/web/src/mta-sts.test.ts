import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Zone, zoneResolver } from '@posthouse/dns'
import { testActor, type Suite } from '@posthouse/testkit'
import { ask, startWeb } from './web.fixture.ts'

const path = '/.well-known/mta-sts.txt'
let suite: Suite
before(async () => {
  const zone = new Zone(`
example.test. MX 10 mail.example.test.
example.test. MX 20 backup.example.net.
another.test. MX 10 mx.example.net.
`)
  suite = await startWeb({ resolver: zoneResolver(zone) })
})
after(() => suite.stop())

test('a domain has an MTA-STS policy once it wants one, at its own name, with our host alone', async () => {
  const host = 'mta-sts.example.test'
  assert.equal((await ask(suite, path, { host })).status, 404)
  const enforce = { mode: 'enforce', maxAgeSeconds: 604_800 } as const
  await suite.store.stsServings.set('example.test', enforce, testActor)
  const served = await ask(suite, path, { host })
  assert.equal(served.status, 200)
  assert.equal(served.headers['content-type'], 'text/plain')
  assert.equal(
    served.body,
    'version: STSv1\r\nmode: enforce\r\nmx: mail.example.test\r\nmax_age: 604800\r\n',
  )
  for (const other of ['example.test', 'mail.example.test', 'autoconfig.example.test', '127.0.0.1'])
    assert.equal((await ask(suite, path, { host: other })).status, 404, other)
})

test('a host that is not in DNS is never named, and without hosts there is no policy', async () => {
  const testing = { mode: 'testing', maxAgeSeconds: 86_400 } as const
  await suite.store.stsServings.set('another.test', testing, testActor)
  assert.equal((await ask(suite, path, { host: 'mta-sts.another.test' })).status, 404)
  // Nothing is asked of anybody: that needs no host.
  const none = { mode: 'none', maxAgeSeconds: 86_400 } as const
  await suite.store.stsServings.set('another.test', none, testActor)
  const served = await ask(suite, path, { host: 'mta-sts.another.test' })
  assert.equal(served.body, 'version: STSv1\r\nmode: none\r\nmax_age: 86400\r\n')
})

test('who finds a hole is told whom to write to', async () => {
  const answer = await ask(suite, '/.well-known/security.txt', { host: 'example.test' })
  assert.match(
    answer.body,
    /^Contact: mailto:postmaster@example\.test\nExpires: \d{4}-\d\d-\d\dT00:00:00Z\n$/,
  )
  const expires = Date.parse(/Expires: (.*)/.exec(answer.body)?.[1] ?? '')
  assert.ok(expires > Date.now() && expires < Date.now() + 365 * 24 * 3600 * 1000)
})

test('a certificate authority gets its answer under whatever name, and nothing else', async () => {
  const token = 'evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA'
  const at = `/.well-known/acme-challenge/${token}`
  assert.equal((await ask(suite, at, { plain: true })).status, 404)
  await suite.store.certificates.putChallenges([
    { kind: 'http-01', token, name: 'example.test', answer: `${token}.thumb` },
  ])
  const answer = await ask(suite, at, { plain: true, host: 'anything.example.net' })
  assert.equal(answer.status, 200)
  assert.equal(answer.body, `${token}.thumb`)
  assert.equal((await ask(suite, at.toLowerCase(), { plain: true })).status, 404)
  assert.equal((await ask(suite, `${at}/../x`, { plain: true })).status, 404)
})
