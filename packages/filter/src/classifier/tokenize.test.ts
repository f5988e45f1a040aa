import assert from 'node:assert/strict'
import { test } from 'node:test'
import { letter, page, sample } from '../sample-message.fixture.ts'
import { maxMannerTokens, maxTokens } from './limits.ts'
import { tokenHash } from './token-hash.ts'
import { tokensOf } from './tokenize.ts'
import { wordsOf } from './words.ts'

function texts(octets: Buffer, recipient = 'ada@example.test'): readonly string[] {
  const { content, manner } = tokensOf(sample(octets, { recipients: [{ address: recipient }] }))
  return [content, manner].flatMap((tokens) => tokens.hashes.map((hash) => tokens.textOf(hash)))
}

function has(octets: Buffer, ...wanted: readonly string[]): void {
  const all = new Set(texts(octets))
  assert.deepEqual(
    wanted.filter((text) => !all.has(text)),
    [],
  )
}

test('words stand alone and with their neighbour, numbers by their shape', () => {
  has(
    letter({}, 'Earn $4,500 NOW, it is free\n'),
    'earn',
    '$9,999',
    'now',
    'earn $9,999',
    'is free',
  )
})

test('the subject, the sender and what they have in common are told apart from the body', () => {
  const octets = letter({
    From: 'Best Deals <offers@shop.example.com>',
    'Reply-To': 'x@else.example.org',
    Subject: 'RE: FREE money!!',
  })
  has(octets, 's:free', 's:re free', 's:reply', 's:marks', 'from:deals', 'from:@shop.example.com')
  has(
    octets,
    'from:@example.com',
    'from:offers@',
    'c:reply-to unlike from',
    'c:message-id unlike from',
  )
})

test('links count by where they lead, and by whether that is their sender', () => {
  const foreign = page(
    '<p>Hi</p><a href="http://192.0.2.7:8080/login/verify.php?id=1">www.bank.example</a> <a href="https://img.cdn.example.com/a">x</a>',
  )
  has(foreign, 'u:address', 'u:net 192.0', 'u:host img.cdn.example.com', 'u:host example.com')
  has(foreign, 'links:none to sender', 'links:owners 3')
  const own = page('<a href="https://www.elsewhere.example/a">x</a> <a href="https://x.example">')
  has(own, 'links:some to sender', 'links:to id')
})

test('the way counts by whether it leads past the sender, and by how its servers write', () => {
  has(letter(), 'way:hops 1', 'way:from true', 'way:id true', 'way:helo like name')
  has(letter(), 'way:hop from h (h [h]) by h', 'way:date Aa, 9 Aa 9 9:9:9 +9')
  const bare =
    'from pc9 ([198.51.100.4]) by mx.example.test with SMTP id x1; 1 Mar 2026 11:59:58 GMT'
  has(letter({ Received: bare }), 'way:from false', 'way:nameless', 'way:helo bare')
})

test('what made a message counts by how it writes, whatever it calls itself', () => {
  const octets = letter({
    'X-Mailer': 'Microsoft Outlook Express 6.00',
    'Content-Type': 'multipart/mixed; boundary="----=_NextPart_000_00A5"',
  })
  has(octets, 'edge:----=_AaAa_9_9A9', 'maker:Microsoft Outlook type multipart/mixed')
  has(octets, 'maker:Microsoft Outlook id <9.9.9', 'maker:Microsoft Outlook plain')
  has(octets, 'order:from to', 'order:date message-id')
})

function given(recipient: string, octets = letter()): boolean {
  return texts(octets, recipient).includes('given:6')
}

test('an address that was made for the sender counts, as the envelope names it', () => {
  assert.equal(given('ada+elsewhere@example.test'), true)
  assert.equal(given('ada-elsewhere-news@example.test'), true)
  assert.equal(given('ada@example.test', letter({ To: 'ada+elsewhere@example.test' })), false)
  for (const other of ['ada+shop', 'ada+el', '+elsewhere', 'elsewhere']) {
    assert.equal(given(`${other}@example.test`), false, other)
  }
  const list = letter({ 'Reply-To': 'readers@shop.example.com' })
  assert.equal(given('ada+example@example.test', list), true)
})

test('words without spaces between them count in pairs', () => {
  assert.deepEqual(wordsOf('免费赢取', 10), ['免费', '费赢', '赢取'])
})

test('a message of a million words is no more work than a few pages, and has no more tokens than allowed', () => {
  const many = Array.from({ length: 300_000 }, (_, i) => `w${i.toString(36)}`).join(' ')
  const { content, manner } = tokensOf(sample(letter({ Subject: many, Received: many }, many)))
  assert.ok(content.hashes.length <= maxTokens)
  assert.ok(manner.hashes.length <= maxMannerTokens)
})

test('anything at all can be tokenized', () => {
  for (const text of [
    '',
    '\u0000\u0001',
    '='.repeat(5000),
    '<'.repeat(5000),
    '<a href="http://[">',
    '\ud800',
  ])
    for (const name of ['Received', 'Content-Type', 'To', 'X-Mailer', 'Message-ID'])
      assert.ok(
        texts(page(text, { From: text, Subject: text, Date: text, [name]: text })).length > 0,
      )
  assert.ok(texts(Buffer.alloc(0)).length > 0)
})

test('hashes are whole numbers of 52 bits, spread over them', () => {
  const hashes = Array.from({ length: 20_000 }, (_, i) => tokenHash(`token ${i}`))
  assert.equal(new Set(hashes).size, hashes.length)
  assert.ok(hashes.every((hash) => Number.isSafeInteger(hash) && hash >= 0 && hash < 2 ** 52))
  const high = hashes.filter((hash) => hash >= 2 ** 51).length
  assert.ok(Math.abs(high / hashes.length - 0.5) < 0.02)
})

test('no token is of both views', () => {
  const octets = page('<a href="https://www.elsewhere.example/a">links:none to sender</a>')
  const { content, manner } = tokensOf(sample(octets))
  assert.deepEqual(
    content.hashes.filter((hash) => manner.hashes.includes(hash)),
    [],
  )
})
