import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Zone, zoneResolver } from '@posthouse/dns'
import { testAuthority } from '@posthouse/testkit'
import { fetchStsPolicy, type FetchContext } from './sts-fetch.ts'
import { startPolicyHost, type PolicyHost } from './policy-host.fixture.ts'

const text = 'version: STSv1\r\nmode: enforce\r\nmx: mx.a.test\r\nmax_age: 86400\r\n'
let host: PolicyHost
before(async () => {
  host = await startPolicyHost(['mta-sts.a.test'])
})
after(() => host.close())

const zone = new Zone(`
  mta-sts.a.test A 127.0.0.1
  mta-sts.b.test A 127.0.0.1
  mta-sts.priv.test A 10.1.2.3
  mta-sts.link.test A 169.254.169.254
  mta-sts.link.test AAAA ::1
  mta-sts.fail.test FAIL x
  mta-sts.two.test A 127.0.0.9
  mta-sts.two.test A 127.0.0.1
`)
const context = (more: Partial<FetchContext> = {}): FetchContext => ({
  resolver: zoneResolver(zone),
  mayConnect: (address) => address.startsWith('127.'),
  port: host.port,
  ca: testAuthority().ca,
  ...more,
})

const failureOf = async (domain: string, more: Partial<FetchContext> = {}) => {
  const fetched = await fetchStsPolicy(domain, context(more))
  return fetched.ok ? undefined : fetched.failure.type
}

test('a policy is fetched, at the well-known place, by its name', async () => {
  host.answer({ body: text })
  const fetched = await fetchStsPolicy('a.test', context())
  assert.ok(fetched.ok, JSON.stringify(fetched))
  assert.deepEqual(fetched.policy.mx, ['mx.a.test'])
  assert.deepEqual(host.asked.at(-1), 'mta-sts.a.test /.well-known/mta-sts.txt')
})

test('redirects are not followed, and nothing but 200 counts', async () => {
  for (const status of [201, 204, 301, 302, 303, 307, 308, 404, 500]) {
    host.answer({ status, body: text, headers: { location: '/elsewhere' } })
    const earlier = host.asked.length
    assert.equal(await failureOf('a.test'), 'sts-policy-fetch-error', String(status))
    assert.equal(host.asked.length, earlier + 1)
  }
})

test('the type must be text/plain, and the size within 64 kB', async () => {
  for (const type of ['text/html', 'application/octet-stream', '']) {
    host.answer({ body: text, headers: { 'content-type': type } })
    assert.equal(await failureOf('a.test'), 'sts-policy-invalid', type)
  }
  host.answer({ body: text, headers: { 'content-type': 'Text/Plain; charset=utf-8' } })
  assert.equal(await failureOf('a.test'), undefined)
  host.answer({ body: text + `x: ${'y'.repeat(70_000)}\n` })
  assert.equal(await failureOf('a.test'), 'sts-policy-invalid')
  host.answer({ body: 'nonsense' })
  assert.equal(await failureOf('a.test'), 'sts-policy-invalid')
})

test('the certificate must be valid for the policy host', async () => {
  host.answer({ body: text })
  assert.equal(await failureOf('b.test'), 'sts-webpki-invalid')
  const { ca: _, ...untrusting } = context()
  const fetched = await fetchStsPolicy('a.test', untrusting)
  assert.ok(!fetched.ok && fetched.failure.type === 'sts-webpki-invalid')
})

test('nobody leads us into a private network', async () => {
  for (const domain of ['priv.test', 'link.test']) {
    const earlier = host.asked.length
    assert.equal(await failureOf(domain), 'sts-policy-fetch-error')
    assert.equal(host.asked.length, earlier)
  }
})

test('names that are not there or cannot be asked for, and addresses where nobody is', async () => {
  assert.equal(await failureOf('none.test'), 'sts-policy-fetch-error')
  assert.equal(await failureOf('fail.test'), 'sts-policy-fetch-error')
  host.answer({ body: text })
  assert.equal(await failureOf('two.test'), 'sts-webpki-invalid', 'the second address was asked')
})

test('a host that trickles or says nothing is given up', async () => {
  for (const how of ['silent', 'trickle', 'cut'] as const) {
    host.answer({ body: text, how })
    assert.equal(await failureOf('a.test', { deadlineMs: 700 }), 'sts-policy-fetch-error', how)
  }
})
