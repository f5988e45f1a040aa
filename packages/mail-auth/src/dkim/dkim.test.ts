import assert from 'node:assert/strict'
import { createPublicKey } from 'node:crypto'
import { test } from 'node:test'
import { Zone, zoneResolver } from '@posthouse/dns'
import { createAuthenticator } from '../authenticator.ts'
import { makeKey, signMail, signTags } from '../signed-mail.fixture.ts'
import type { DkimVerdict } from '../verdict.ts'

const message = Buffer.from('From: a@example.com\r\nSubject: hello\r\n\r\nHello\r\n')
const ed25519 = makeKey('ed25519')
const rsa = makeKey(1024)
const at = new Date('2026-06-01T00:00:00Z')
const now = at.getTime() / 1000

/** Signatures that verify, and what is made of their tags (RFC 6376 §3.5, §6.1.1). */
const signatures: readonly (readonly [
  string,
  Readonly<Record<string, string | undefined>>,
  string,
])[] = [
  ['as it should be', {}, 'pass'],
  ['another version', { v: '2' }, 'neutral'],
  ['version 1.0', { v: '1.0' }, 'neutral'],
  ['no version', { v: undefined }, 'neutral'],
  ['a tag twice', { c: 'simple; c=simple' }, 'neutral'],
  ['a tag without a name', { c: 'simple; =x' }, 'neutral'],
  ['an unknown tag', { zz: 'whatever' }, 'pass'],
  ['tags named as properties of objects', { constructor: 'z', toString: 'q' }, 'pass'],
  ['a tag named __proto__, which is no tag-name', { ['__proto__']: 'y' }, 'neutral'],
  ['no domain', { d: undefined }, 'neutral'],
  ['an empty domain', { d: '' }, 'neutral'],
  ['a selector with NUL', { s: 'te\0st' }, 'neutral'],
  ['a selector with blanks', { s: 'te st' }, 'neutral'],
  ['a tag name in upper case is another tag', { d: undefined, D: 'example.com' }, 'neutral'],
  ['canonicalization in upper case', { c: 'SIMPLE/Simple' }, 'pass'],
  ['an unknown canonicalization', { c: 'nofws' }, 'neutral'],
  ['keys by another way', { q: 'http/get' }, 'neutral'],
  ['keys by several ways', { q: 'http/get:dns/txt' }, 'pass'],
  ['From not signed', { h: 'Subject' }, 'permerror'],
  ['nothing signed', { h: '' }, 'neutral'],
  ['white space in h=', { h: ' From \r\n\t: Subject ' }, 'pass'],
  ['i= at the domain', { i: 'someone@example.com' }, 'pass'],
  ['i= below the domain', { i: '@mail.example.com' }, 'pass'],
  ['i= beside the domain', { i: '@example.net' }, 'permerror'],
  ['i= above the domain', { i: '@com' }, 'permerror'],
  ['i= that only ends as the domain', { i: '@notexample.com' }, 'permerror'],
  ['i= with a hidden domain', { i: 'a@example.com@example.net' }, 'permerror'],
  ['i= quoted', { i: '=61=3Db@example.com' }, 'pass'],
  ['i= without @', { i: 'example.com' }, 'permerror'],
  ['expired', { x: String(now - 3600) }, 'permerror'],
  ['just expired, within the skew of clocks', { x: String(now - 60) }, 'pass'],
  ['made a while ago, not expired', { t: String(now - 60), x: String(now + 60) }, 'pass'],
  ['made in the future', { t: String(now + 3600) }, 'policy'],
  ['made in the future, within the skew of clocks', { t: String(now + 60) }, 'pass'],
  ['expires before it is made', { t: String(now), x: String(now - 1) }, 'permerror'],
  ['an absurd time', { t: '9'.repeat(70) }, 'policy'],
  ['a time that is none', { t: 'yesterday' }, 'neutral'],
  ['l= over the whole body', { l: '7' }, 'pass'],
  ['l= over a part of the body', { l: '3' }, 'policy'],
  ['l=0', { l: '0' }, 'policy'],
  ['l= over more than the body', { l: '8' }, 'permerror'],
  ['l= that is no number', { l: '-1' }, 'neutral'],
  ['a body hash of another body', { bh: 'AAAA' }, 'fail'],
  ['a body hash that is none', { bh: '!' }, 'neutral'],
]

for (const [name, tags, result] of signatures) {
  test(`a signature, ${name}: ${result}`, async () => {
    for (const key of [ed25519, rsa]) {
      const [verdict] = await check(signTags(message, tags, key), [key.record])
      assert.equal(verdict?.result, result, JSON.stringify(verdict))
    }
  })
}

/** Key records for a signature that verifies by this key (RFC 6376 §3.6.1, RFC 8301). */
const records: readonly (readonly [string, (record: string) => readonly string[], string])[] = [
  ['as it should be', (record) => [record], 'pass'],
  ['none', () => [], 'permerror'],
  ['without v=', (record) => [record.replace('v=DKIM1; ', '')], 'pass'],
  ['v= not first', (record) => [`n=x; ${record}`], 'permerror'],
  ['another version', (record) => [record.replace('DKIM1', 'DKIM2')], 'permerror'],
  ['a tag twice', (record) => [`${record}; p=AAAA`], 'permerror'],
  ['revoked', () => ['v=DKIM1; p='], 'permerror'],
  ['no key', () => ['v=DKIM1'], 'permerror'],
  ['no tags', () => ['hello'], 'permerror'],
  ['not base64', () => ['v=DKIM1; p=(!)'], 'permerror'],
  ['not a key', () => ['v=DKIM1; p=aGVsbG8='], 'permerror'],
  ['for another hash', (record) => [record.replace('DKIM1;', 'DKIM1; h=sha1;')], 'permerror'],
  ['for several hashes', (record) => [record.replace('DKIM1;', 'DKIM1; h=sha1 : sha256;')], 'pass'],
  ['for another service', (record) => [record.replace('DKIM1;', 'DKIM1; s=tlsrpt;')], 'permerror'],
  ['for mail', (record) => [record.replace('DKIM1;', 'DKIM1; s=tlsrpt:email;')], 'pass'],
  [
    'of another type',
    (record) => [record.replace('DKIM1;', 'DKIM1; k=dsa;').replace('k=ed25519;', '')],
    'permerror',
  ],
  ['of another key', () => [makeKey(1024).record], 'fail'],
  ['several, one of which does', (record) => ['v=DKIM1; p=', makeKey(1024).record, record], 'pass'],
  ['white space in p=', (record) => [record.replace(/(p=.{20})/, '$1 \r\n ')], 'pass'],
]

for (const [name, recordsFor, result] of records) {
  test(`a key record, ${name}: ${result}`, async () => {
    const octets = signTags(message, {}, rsa)
    const [verdict] = await check(octets, recordsFor(rsa.record))
    assert.equal(verdict?.result, result, JSON.stringify(verdict))
  })
}

test('t=s forbids i= below the domain, and t=y is told', async () => {
  const strict = makeKey('ed25519', 't=s:y;')
  const [own] = await check(signTags(message, { i: 'a@Example.com' }, strict), [strict.record])
  assert.deepEqual([own?.result, own?.isTesting], ['pass', true])
  const [below] = await check(signTags(message, { i: '@mail.example.com' }, strict), [
    strict.record,
  ])
  assert.equal(below?.result, 'permerror')
})

test('RSA keys below 1024 bits sign nothing, 1024 and 4096 do (RFC 8301 §3.2)', async () => {
  for (const [bits, result] of [
    [512, 'permerror'],
    [768, 'permerror'],
    [1024, 'pass'],
    [4096, 'pass'],
  ] as const) {
    const key = makeKey(bits)
    const [verdict] = await check(signTags(message, {}, key), [key.record])
    assert.equal(verdict?.result, result, `${bits}: ${verdict?.because}`)
    if (result === 'pass') assert.equal(verdict?.keyBits, bits)
  }
})

test('keys that make a verification dear are not tried', async () => {
  const jwk = createPublicKey(rsa.pem).export({ format: 'jwk' })
  const costly = createPublicKey({ key: { ...jwk, e: jwk.n ?? '' }, format: 'jwk' })
  const der = costly.export({ format: 'der', type: 'spki' })
  const octets = signTags(message, {}, rsa)
  const [verdict] = await check(octets, [`v=DKIM1; p=${der.toString('base64')}`])
  assert.deepEqual(
    [verdict?.result, verdict?.because],
    ['policy', 'its key has a public exponent that costs too much'],
  )
})

test('a key of the other type does not verify, nor an algorithm that the key is not for', async () => {
  const [one] = await check(signTags(message, { a: 'rsa-sha256' }, ed25519), [ed25519.record])
  assert.equal(one?.result, 'permerror')
  const [other] = await check(signTags(message, { a: 'rsa-sha1' }, rsa), [rsa.record])
  assert.deepEqual(
    [other?.result, other?.because],
    ['permerror', 'rsa-sha1 signs nothing any more'],
  )
})

test('every canonicalization of another signer verifies', async () => {
  const odd =
    'From:  a@example.com\r\nSUBJECT : hello\r\n\t folded \r\nX:\r\n\r\n  Hello \t world \r\n\r\n\r\n'
  for (const body of [
    odd,
    'From: a@example.com\r\n\r\n',
    'From: a@example.com\r\n\r\n\r\n\r\n',
    'From: a@example.com\r\n\r\nno line end',
  ])
    for (const canonicalization of [
      'simple/simple',
      'simple/relaxed',
      'relaxed/simple',
      'relaxed/relaxed',
    ])
      for (const key of [ed25519, rsa]) {
        const octets = await signMail(Buffer.from(body), 'example.com', key, {
          canonicalization,
          signTime: at,
        })
        const [verdict] = await check(octets, [key.record])
        assert.equal(
          verdict?.result,
          'pass',
          `${canonicalization} ${JSON.stringify(body)} ${verdict?.because}`,
        )
      }
})

test('eight signatures are verified, some more named, and thousands cost no more', async () => {
  const one = signTags(message, {}, ed25519).toString('latin1').slice(0, -message.length)
  const octets = Buffer.from(one.repeat(4000) + message.toString('latin1'), 'latin1')
  const verdicts = await check(octets, [ed25519.record])
  assert.equal(verdicts.filter(({ result }) => result === 'pass').length, 8)
  assert.equal(verdicts.filter(({ result }) => result === 'policy').length, 16)
})

test('an endless header is read to a bound, and has no signature that counts', async () => {
  const signed = signTags(message, {}, ed25519)
  for (const more of ['X: y\r\n'.repeat(20_000), `X: ${'y'.repeat(1_100_000)}\r\n`]) {
    const octets = Buffer.concat([signed.subarray(0, -9), Buffer.from(more), signed.subarray(-9)])
    const [verdict] = await check(octets, [ed25519.record])
    assert.deepEqual([verdict?.result, verdict?.because], ['neutral', 'the header is too long'])
  }
})

test('a field list of twenty thousand names, and a signature of megabytes, are bounded', async () => {
  const many = signTags(message, { h: `From:Subject${':x'.repeat(10_000)}` }, ed25519)
  assert.equal((await check(many, [ed25519.record]))[0]?.result, 'pass')
  const huge = signTags(message, { h: `From:Subject${':x'.repeat(1_000_000)}` }, ed25519)
  assert.equal((await check(huge, [ed25519.record]))[0]?.result, 'policy')
})

async function check(
  octets: Buffer,
  keyRecords: readonly string[],
): Promise<readonly DkimVerdict[]> {
  const zone = new Zone('')
  for (const value of keyRecords)
    zone.add({ name: 'test._domainkey.example.com', type: 'TXT', value })
  const authenticator = createAuthenticator({ resolver: zoneResolver(zone) })
  const input = { address: '192.0.2.1', helo: 'client.test', mailFrom: '', at }
  return (await authenticator.check(octets, input)).dkim
}
