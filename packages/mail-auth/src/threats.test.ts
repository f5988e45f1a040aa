import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Zone, zoneResolver, type Resolver } from '@posthouse/dns'
import { createAuthenticator } from './authenticator.ts'
import { makeKey, signMail, signTags } from './signed-mail.fixture.ts'
import type { AuthenticationInput, AuthenticationVerdict } from './verdict.ts'

const at = new Date('2026-06-01T00:00:00Z')
const key = makeKey('ed25519')
const reject = '_dmarc.bank.test TXT v=DMARC1; p=reject'

// SPF: lookups, void lookups, MX, PTR, loops, macros, long labels (RFC 7208 §4.6.4).

test('the eleventh term that asks DNS is an error, the tenth is not', async () => {
  const hosts = Array.from({ length: 11 }, (_, i) => `h${i}.bank.test A 198.51.100.${i}`)
  const ten = await check('', { zone: [`bank.test TXT v=spf1 ${terms(10)} -all`, ...hosts] })
  assert.equal(ten.spf.mailFrom.result, 'fail')
  const eleven = await check('', { zone: [`bank.test TXT v=spf1 ${terms(11)} -all`, ...hosts] })
  assert.equal(eleven.spf.mailFrom.result, 'permerror')
})

test('records that include each other end, and so do those that redirect', async () => {
  for (const way of ['include:', 'redirect=']) {
    const zone = [`bank.test TXT v=spf1 ${way}other.test`, `other.test TXT v=spf1 ${way}bank.test`]
    const { spf, evidence } = await check('', { zone })
    assert.equal(spf.mailFrom.result, 'permerror')
    assert.ok(evidence.length < 20)
  }
})

test('the third empty answer is an error, the second is not', async () => {
  assert.equal((await check('', { zone: [withEmptyTerms(2)] })).spf.mailFrom.result, 'fail')
  assert.equal((await check('', { zone: [withEmptyTerms(3)] })).spf.mailFrom.result, 'permerror')
})

test('an eleventh MX is an error, an eleventh name of the client is passed over', async () => {
  const mx = Array.from({ length: 11 }, (_, i) => `bank.test MX ${i} m${i}.bank.test`)
  const many = await check('', { zone: ['bank.test TXT v=spf1 mx -all', ...mx] })
  assert.equal(many.spf.mailFrom.result, 'permerror')
  const names = Array.from({ length: 11 }, (_, i) => `1.2.0.192.in-addr.arpa PTR n${i}.bank.test`)
  const zone = ['bank.test TXT v=spf1 ptr -all', ...names, 'n10.bank.test A 192.0.2.1']
  assert.equal((await check('', { zone })).spf.mailFrom.result, 'fail')
  const tenth = await check('', { zone: [...zone, 'n9.bank.test A 192.0.2.1'] })
  assert.equal(tenth.spf.mailFrom.result, 'pass')
})

test('a client that comes as IPv4 in IPv6 is IPv4', async () => {
  const zone = [
    'bank.test TXT v=spf1 ip4:192.0.2.1 -all',
    '1.2.0.192.in-addr.arpa PTR x.test',
    'x.test A 192.0.2.1',
  ]
  const { spf, reverse } = await check('', { zone, address: '::ffff:192.0.2.1' })
  assert.deepEqual([spf.mailFrom.result, reverse.result], ['pass', 'pass'])
})

test('macros that want a local part beyond ASCII match nothing (RFC 8616 §4)', async () => {
  const zone = ['bank.test TXT v=spf1 exists:%{l}.bank.test -all', 'j.bank.test A 192.0.2.1']
  assert.equal((await check('', { zone, mailFrom: 'j@bank.test' })).spf.mailFrom.result, 'pass')
  assert.equal((await check('', { zone, mailFrom: 'ö@bank.test' })).spf.mailFrom.result, 'fail')
})

// DNS: failures for now and for good are never taken for one another.

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

// DKIM: what is added to a signed message.

test('a field that was signed twice cannot be added to; one that was signed once can, below it nothing changes', async () => {
  const zone = [reject, `test._domainkey.bank.test TXT ${key.record}`]
  const plain = Buffer.from(mail('From: a@bank.test'))
  const oversigned = signTags(plain, { d: 'bank.test', h: 'From:Subject:Subject:From' }, key)
  const signedAgain = await check(Buffer.concat([Buffer.from('Subject: buy\r\n'), oversigned]), {
    zone,
  })
  assert.equal(signedAgain.dkim[0]?.result, 'fail')
  const from = await check(
    Buffer.concat([
      Buffer.from('From: ceo@bank.test\r\n'),
      signTags(plain, { d: 'bank.test' }, key),
    ]),
    { zone },
  )
  // The signature holds, over the lower From; the message has no author any more.
  assert.deepEqual([from.dkim[0]?.result, from.dmarc.result], ['pass', 'permerror'])
})

test('what is added behind l= takes the signature out of DMARC', async () => {
  const zone = [reject, `test._domainkey.bank.test TXT ${key.record}`]
  const signed = signTags(Buffer.from(mail('From: a@bank.test')), { d: 'bank.test', l: '7' }, key)
  assert.equal((await check(signed, { zone })).dmarc.result, 'pass')
  const more = await check(Buffer.concat([signed, Buffer.from('Buy now\r\n')]), { zone })
  assert.deepEqual(
    [more.dkim[0]?.result, more.dkim[0]?.unsignedOctets, more.dmarc.result],
    ['policy', 9, 'fail'],
  )
  assert.deepEqual(more.authenticated, [])
})

// DMARC: From that two readers could read in two ways.

const twoFaced: readonly string[] = [
  'From: a@bank.test\r\nFrom: b@evil.test',
  'From : a@bank.test\r\nFrom: b@evil.test',
  'From: a@evil.test, b@bank.test',
  'From: a@bank.test <b@evil.test',
  'From: a@bank.test <b@evil.test>',
  'From: <a@bank.test>, <b@evil.test>',
  'From: <a@evil.test><b@bank.test>',
  'From: <a@evil.test> b@bank.test',
  'From: <@bank.test:b@evil.test>',
  'From: a@bank.test@evil.test',
  'From: "a@bank.test b"@evil.test c',
  'From: a@bank.test\0@evil.test',
  'From: a@bank.test(b@evil.test',
  'From: =?utf-8?q?a=40bank=2Etest?=, b@evil.test',
  'From: group: a@bank.test;',
  'From: a@[192.0.2.1]',
  'From:',
  'From: "bank.test"',
  'From:\r\n\t\r\n a@bank.test\r\n b@evil.test',
  'From: a@bank.test; b@evil.test',
  'From: a@bank .test',
  'X: y',
]

for (const from of twoFaced) {
  test(`there is no one author in ${JSON.stringify(from)}`, async () => {
    const zone = [
      'evil.test TXT v=spf1 ip4:192.0.2.1 -all',
      '_dmarc.evil.test TXT v=DMARC1; p=none',
      reject,
    ]
    const { dmarc } = await check(mail(from), { zone, mailFrom: 'x@evil.test' })
    assert.notEqual(dmarc.result, 'pass')
    if (dmarc.result !== 'fail') assert.deepEqual([dmarc.result, dmarc.domain], ['permerror', ''])
  })
}

test('a name that shows another address does not make it the author', async () => {
  const zone = ['evil.test TXT v=spf1 ip4:192.0.2.1 -all', '_dmarc.evil.test TXT v=DMARC1; p=none']
  for (const from of [
    '"a@bank.test" <b@evil.test>',
    '=?utf-8?q?a=40bank.test?= <b@evil.test>',
    '(a@bank.test) b@evil.test',
    '"a@bank.test"@evil.test',
  ]) {
    const { dmarc } = await check(mail(`From: ${from}`), { zone, mailFrom: 'x@evil.test' })
    assert.deepEqual([dmarc.domain, dmarc.result], ['evil.test', 'pass'], from)
  }
})

// Who vouches.

test('domains vouch in the order of what they tell: aligned, signers, the SPF domain last', async () => {
  const zone = [
    reject,
    keyLine('esp.test'),
    keyLine('mail.bank.test'),
    'bounce.test TXT v=spf1 ip4:192.0.2.1 -all',
  ]
  let octets: Buffer = Buffer.from(mail('From: a@bank.test'))
  for (const domain of ['mail.bank.test', 'esp.test', 'unknown.test'])
    octets = await signMail(octets, domain, key, { signTime: at })
  const { authenticated, dmarc } = await check(octets, { zone, mailFrom: 'x@bounce.test' })
  assert.deepEqual(authenticated, ['mail.bank.test', 'esp.test', 'bounce.test'])
  assert.deepEqual(dmarc.aligned, ['mail.bank.test'])
})

function terms(count: number): string {
  return Array.from({ length: count }, (_, i) => `a:h${i}.bank.test`).join(' ')
}

function withEmptyTerms(count: number): string {
  return `bank.test TXT v=spf1 ${'a:none.test '.repeat(count)}-all`
}

function keyLine(domain: string): string {
  return `test._domainkey.${domain} TXT ${key.record}`
}

interface Given {
  readonly zone?: readonly string[]
  readonly mailFrom?: string
  readonly helo?: string
  readonly address?: string
}

function mail(header: string): string {
  return `${header}\r\nSubject: hello\r\n\r\nHello\r\n`
}

function inputOf({
  mailFrom = 'a@bank.test',
  helo = 'client.test',
  address = '192.0.2.1',
}: Given): AuthenticationInput {
  return { mailFrom, helo, address, at }
}

function check(octets: Buffer | string, given: Given): Promise<AuthenticationVerdict> {
  const resolver = zoneResolver(new Zone((given.zone ?? []).join('\n')))
  return createAuthenticator({ resolver }).check(Buffer.from(octets), inputOf(given))
}
