import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Zone, zoneResolver } from '@posthouse/dns'
import { createAuthenticator, type ArcVerdict } from '@posthouse/mail-auth'
import { makeKey, sealMail } from '../../../packages/mail-auth/src/signed-mail.fixture.ts'

const key = makeKey('ed25519')
const original = Buffer.from(
  'From: a@example.com\r\nSubject: hello\r\nTo: list@lists.test\r\n\r\nHello\r\n',
)

test('a chain of three passes, and is trusted as far back as its sealers are', async () => {
  const octets = await sealedBy(['first.test', 'lists.test', 'forwarder.test'])
  const nobody = await check(octets)
  assert.equal(nobody.result, 'pass')
  assert.deepEqual(nobody.sealers, ['first.test', 'lists.test', 'forwarder.test'])
  assert.equal(nobody.isTrusted, false)
  assert.equal(nobody.sealed, undefined)

  const last = await check(octets, ['forwarder.test'])
  assert.equal(last.isTrusted, true)
  assert.equal(last.sealed?.sealer, 'forwarder.test')

  const two = await check(octets, ['forwarder.test', 'Lists.Test.'])
  assert.deepEqual(two.sealed, {
    sealer: 'lists.test',
    dmarc: 'pass',
    spf: 'softfail',
    dkim: [
      { result: 'pass', domain: 'example.com' },
      { result: 'fail', domain: 'signer.test' },
    ],
  })
  const notTheNewest = await check(octets, ['lists.test', 'first.test'])
  assert.equal(notTheNewest.isTrusted, false)
  const gapInTrust = await check(octets, ['forwarder.test', 'first.test'])
  assert.equal(gapInTrust.sealed?.sealer, 'forwarder.test')
})

test('fifty sets are a chain, fifty-one are none (RFC 8617 §4.2.1)', async () => {
  const names = Array.from({ length: 50 }, (_, at) => `s${at + 1}.test`)
  const octets = await sealedBy(names)
  assert.equal((await check(octets, ['s50.test'])).isTrusted, true)
  const set = [
    'ARC-Seal: i=51; a=ed25519-sha256; d=s51.test; s=test; cv=pass; b=AAAA',
    'ARC-Message-Signature: i=51; a=ed25519-sha256; d=s51.test; s=test; h=from; bh=AAAA; b=AAAA',
    'ARC-Authentication-Results: i=51; s51.test; none',
  ]
  const more = Buffer.concat([Buffer.from(`${set.join('\r\n')}\r\n`), octets])
  const verdict = await check(more, ['s50.test', 's51.test'])
  assert.equal(verdict.result, 'fail')
  assert.match(verdict.because, /more than 50/)
})

test('a chain with a gap, a set too many, or one cut off at its root is none', async () => {
  const octets = (await sealedBy(['first.test', 'lists.test', 'forwarder.test'])).toString('latin1')
  for (const instance of [1, 2, 3]) {
    const fields = new RegExp(`ARC-[A-Za-z-]+:(?: |\\r\\n )i=${instance};[^]*?\\r\\n(?! )`, 'g')
    const without = octets.replace(fields, '')
    assert.equal(octets.match(fields)?.length, 3, `set ${instance}`)
    const verdict = await check(Buffer.from(without, 'latin1'), ['forwarder.test', 'lists.test'])
    // Without its newest set the older chain stands as it was.
    assert.equal(verdict.result, instance === 3 ? 'pass' : 'fail', verdict.because)
    const twice = (octets.match(fields) ?? []).join('') + octets
    assert.equal((await check(Buffer.from(twice, 'latin1'))).result, 'fail')
  }
})

test('what was changed after the newest seal breaks the chain, whoever is trusted', async () => {
  const octets = await sealedBy(['first.test', 'forwarder.test'])
  for (const [from, to] of [
    ['Hello\r\n', 'Hallo\r\n'],
    ['Subject: hello', 'Subject: hallo'],
    ['dmarc=pass', 'dmarc=fail'],
    ['spf=softfail', 'spf=pass'],
  ] as const) {
    const changed = Buffer.from(octets.toString('latin1').replace(from, to), 'latin1')
    const verdict = await check(changed, ['first.test', 'forwarder.test'])
    assert.equal(verdict.result, 'fail', from)
    assert.equal(verdict.isTrusted, false)
    assert.equal(verdict.isTemporary, undefined)
  }
})

test('a later hop may change the message and seal it: only the newest signature must hold', async () => {
  const once = await sealedBy(['first.test'])
  const changed = Buffer.from(
    once.toString('latin1').replace('Hello\r\n', 'Hello\r\n-- \r\nlist\r\n'),
    'latin1',
  )
  const octets = await sealMail(changed, 'lists.test', key, {
    results: results('lists.test'),
    cv: 'pass',
  })
  assert.equal((await check(octets, ['lists.test'])).result, 'pass')
})

test('a chain that a hop called broken stays broken', async () => {
  const octets = await sealMail(await sealedBy(['first.test']), 'lists.test', key, {
    results: results('lists.test'),
    cv: 'fail',
  })
  assert.equal((await check(octets, ['lists.test'])).result, 'fail')
})

test('a key that DNS does not answer for fails the chain, and says that it is for now', async () => {
  const octets = await sealedBy(['first.test', 'forwarder.test'])
  const zone = zoneFor(['forwarder.test'])
  zone.add({ name: 'test._domainkey.first.test', type: 'TIMEOUT', value: '' })
  const authenticator = createAuthenticator({
    resolver: zoneResolver(zone),
    trustedSealers: ['forwarder.test'],
  })
  const { arc } = await authenticator.check(octets, input)
  assert.deepEqual([arc.result, arc.isTrusted, arc.isTemporary], ['fail', false, true])
})

test('a seal of somebody else does not become a trusted one by its name alone', async () => {
  const thief = makeKey('ed25519')
  const octets = await sealMail(original, 'forwarder.test', thief, {
    results: results('x'),
    cv: 'none',
  })
  assert.equal((await check(octets, ['forwarder.test'])).result, 'fail')
})

const input = { address: '192.0.2.1', helo: 'client.test', mailFrom: '', at: new Date() }

function results(host: string): string {
  return [
    `${host};`,
    ' spf=softfail smtp.mailfrom=a@example.com;',
    ' dkim=pass header.d=example.com;',
    ' dkim=fail (a "comment; dkim=pass header.d=forged.test") header.i=x@signer.test;',
    ' dmarc=pass header.from=example.com',
  ].join('\r\n')
}

async function sealedBy(domains: readonly string[]): Promise<Buffer> {
  let octets: Buffer = original
  for (const [at, domain] of domains.entries())
    octets = await sealMail(octets, domain, key, {
      results: results(domain),
      cv: at === 0 ? 'none' : 'pass',
    })
  return octets
}

function zoneFor(domains: readonly string[]): Zone {
  const zone = new Zone('')
  for (const domain of domains)
    zone.add({ name: `test._domainkey.${domain}`, type: 'TXT', value: key.record })
  return zone
}

async function check(octets: Buffer, trustedSealers: readonly string[] = []): Promise<ArcVerdict> {
  const named = Array.from({ length: 51 }, (_, at) => `s${at + 1}.test`)
  const zone = zoneFor(['first.test', 'lists.test', 'forwarder.test', ...named])
  const authenticator = createAuthenticator({ resolver: zoneResolver(zone), trustedSealers })
  return (await authenticator.check(octets, input)).arc
}
