import assert from 'node:assert/strict'
import { test } from 'node:test'
import { check, checkedAt as at, mail } from './check.fixture.ts'
import { makeKey, signMail, signTags } from './signed-mail.fixture.ts'

const key = makeKey('ed25519')
const reject = '_dmarc.bank.test TXT v=DMARC1; p=reject'

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

/** From that two readers could read in two ways. */
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

test('a name in another charset leaves the author readable, unless a letter could be a backslash', async () => {
  const zone = ['_dmarc.bank.test TXT v=DMARC1; p=none']
  const authors: readonly (readonly [string, string])[] = [
    ['"Sel\xe5sdal" <a@bank.test>', 'bank.test'],
    ['Sel\xe5sdal <a@bank.test>', 'bank.test'],
    ['"\x83\x5c" <a@evil.test>, " <b@bank.test>', ''],
    ['"\x83" <a@bank.test>, "x\x83" <b@evil.test>', ''],
    ['a@b\xe5nk.test', ''],
    ['\xe5@bank.test', ''],
  ]
  for (const [from, domain] of authors) {
    const { dmarc } = await check(Buffer.from(mail(`From: ${from}`), 'latin1'), { zone })
    assert.equal(dmarc.domain, domain, from)
  }
})

test('a header line that is no field leaves no author, and no signature that counts', async () => {
  const zone = [reject, keyLine('bank.test')]
  const signed = await signMail(Buffer.from(mail('From: a@bank.test')), 'bank.test', key, {
    signTime: at,
  })
  assert.equal((await check(signed, { zone })).dmarc.result, 'pass')
  for (const line of [
    'no field',
    ' continuation of nothing',
    'Two words: x',
    ': x',
    '=?x?= : y z',
  ]) {
    const { dkim, dmarc } = await check(Buffer.concat([Buffer.from(`${line}\r\n`), signed]), {
      zone,
    })
    const expected = line.startsWith('=?') ? ['pass', 'pass'] : ['neutral', 'permerror']
    assert.deepEqual([dkim[0]?.result, dmarc.result], expected, line)
  }
})

function keyLine(domain: string): string {
  return `test._domainkey.${domain} TXT ${key.record}`
}
