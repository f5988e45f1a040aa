import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Zone, zoneResolver, type Resolver } from '@posthouse/dns'
import { createAuthenticator } from './authenticator.ts'
import { check, checkedAt as at, inputOf, mail } from './check.fixture.ts'
import { makeKey, signMail } from './signed-mail.fixture.ts'

const key = makeKey('ed25519')
const reject = '_dmarc.bank.test TXT v=DMARC1; p=reject'

test('what is not answered is a failure for now, what is not there is one for good', async () => {
  const message = await signMail(Buffer.from(mail('From: a@bank.test')), 'bank.test', key, {
    signTime: at,
  })
  for (const mark of ['FAIL', 'TIMEOUT']) {
    const zone = [
      `bank.test ${mark}`,
      `_dmarc.bank.test ${mark}`,
      `test._domainkey.bank.test ${mark}`,
      `1.2.0.192.in-addr.arpa ${mark}`,
    ]
    const { spf, dkim, dmarc, reverse } = await check(message, { zone })
    const results = [spf.mailFrom, ...dkim, dmarc, reverse].map(({ result }) => result)
    assert.deepEqual(results, ['temperror', 'temperror', 'temperror', 'temperror'])
  }
  const { spf, dkim, dmarc, reverse } = await check(message, { zone: [] })
  const results = [spf.mailFrom, ...dkim, dmarc, reverse].map(({ result }) => result)
  assert.deepEqual(results, ['none', 'permerror', 'none', 'permerror'])
})

test('a DNS that never answers ends with the time for the message, and with the signal', async () => {
  const never: Resolver = { ...zoneResolver(new Zone('')), txt: () => new Promise(() => {}) }
  const octets = Buffer.from(mail('From: a@bank.test'))
  const soon = await createAuthenticator({ resolver: never, timeoutMs: 20 }).check(
    octets,
    inputOf({}),
  )
  assert.deepEqual([soon.spf.mailFrom.result, soon.dmarc.result], ['temperror', 'temperror'])
  const abort = new AbortController()
  const waiting = createAuthenticator({ resolver: never }).check(octets, inputOf({}), abort.signal)
  abort.abort()
  assert.equal((await waiting).dmarc.result, 'temperror')
  const late = await createAuthenticator({ resolver: never }).check(
    octets,
    inputOf({}),
    abort.signal,
  )
  assert.equal(late.dmarc.result, 'temperror')
})

test('a resolver that rejects is a failure for now', async () => {
  const broken: Resolver = {
    ...zoneResolver(new Zone('')),
    txt: () => Promise.reject(new Error('broken')),
  }
  const octets = Buffer.from(mail('From: a@bank.test'))
  const { spf, dmarc } = await createAuthenticator({ resolver: broken }).check(octets, inputOf({}))
  assert.deepEqual([spf.mailFrom.result, dmarc.result], ['temperror', 'temperror'])
})

test('a sender whose own DNS is slow cannot hide the policy of the domain that it forges', async () => {
  const zone = zoneResolver(new Zone(reject))
  const slow: Resolver = {
    ...zone,
    txt: (name) => (name.endsWith('evil.test') ? new Promise(() => {}) : zone.txt(name)),
  }
  const octets = await signMail(Buffer.from(mail('From: a@bank.test')), 'evil.test', key, {
    signTime: at,
  })
  const verdict = await createAuthenticator({ resolver: slow, timeoutMs: 100 }).check(
    octets,
    inputOf({ mailFrom: 'x@evil.test' }),
  )
  assert.deepEqual([verdict.dmarc.result, verdict.dmarc.policy], ['fail', 'reject'])
})

test('each question of a message is asked once, and every one is evidence', async () => {
  let count = 0
  const zone = zoneResolver(
    new Zone(`${reject}\nbank.test TXT v=spf1 a -all\nbank.test A 192.0.2.1\nbank.test SECURE`),
  )
  const counting: Resolver = {
    ...zone,
    txt: (name) => {
      count += 1
      return zone.txt(name)
    },
  }
  const octets = Buffer.from(mail('From: a@bank.test'))
  const { evidence } = await createAuthenticator({ resolver: counting }).check(
    octets,
    inputOf({ helo: 'bank.test' }),
  )
  const texts = evidence.filter(({ type }) => type === 'TXT')
  assert.equal(count, texts.length)
  assert.equal(new Set(evidence.map(({ type, name }) => `${type} ${name}`)).size, evidence.length)
  const own = texts.find(({ name }) => name === 'bank.test')
  assert.deepEqual(own, {
    name: 'bank.test',
    type: 'TXT',
    kind: 'records',
    records: ['"v=spf1 a -all"'],
    ttlSeconds: 300,
    isSecure: true,
  })
})
