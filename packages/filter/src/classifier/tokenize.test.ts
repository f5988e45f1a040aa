import assert from 'node:assert/strict'
import { test } from 'node:test'
import { letter, page, sample } from '../sample-message.fixture.ts'
import { maxTokens } from './limits.ts'
import { tokenHash } from './token-hash.ts'
import { tokensOf } from './tokenize.ts'
import { wordsOf } from './words.ts'

function texts(octets: Buffer): readonly string[] {
  const tokens = tokensOf(sample(octets))
  return tokens.hashes.map((hash) => tokens.textOf(hash))
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

test('links count by host, domain, path and by what they claim to be', () => {
  const octets = page(
    '<p>Hi</p><a href="http://192.0.2.7:8080/login/verify.php?id=1">www.bank.example</a> <a href="https://img.cdn.example.com/a">x</a>',
  )
  has(
    octets,
    'u:address',
    'u:port',
    'u:path login',
    'u:query id',
    'u:shown-other',
    'u:host example.com',
  )
})

test('markup counts by its tags and what they are set to', () => {
  has(
    page('<html><font color="#ff0000" size=5>Hi</font>'),
    't:font',
    't:font color=#ff0000',
    't:no end',
  )
})

test('words without spaces between them count in pairs', () => {
  assert.deepEqual(wordsOf('免费赢取', 10), ['免费', '费赢', '赢取'])
})

test('a message of a million words is no more work than a few pages, and has no more tokens than allowed', () => {
  const many = Array.from({ length: 300_000 }, (_, i) => `w${i.toString(36)}`).join(' ')
  assert.ok(texts(letter({ Subject: many }, many)).length <= maxTokens)
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
    assert.ok(Array.isArray(texts(page(text, { From: text, Subject: text, Date: text }))))
  assert.ok(Array.isArray(texts(Buffer.alloc(0))))
})

test('hashes are whole numbers of 52 bits, spread over them', () => {
  const hashes = Array.from({ length: 20_000 }, (_, i) => tokenHash(`token ${i}`))
  assert.equal(new Set(hashes).size, hashes.length)
  assert.ok(hashes.every((hash) => Number.isSafeInteger(hash) && hash >= 0 && hash < 2 ** 52))
  const high = hashes.filter((hash) => hash >= 2 ** 51).length
  assert.ok(Math.abs(high / hashes.length - 0.5) < 0.02)
})
