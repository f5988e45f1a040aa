import assert from 'node:assert/strict'
import { test } from 'node:test'
import { domainKey, formatStoreAddress, localPartKey, parseStoreAddress } from './address.ts'

test('domains become lower-case A-labels', () => {
  assert.equal(domainKey('Example.TEST.'), 'example.test')
  assert.equal(domainKey('Bücher.example'), 'xn--bcher-kva.example')
  assert.equal(domainKey('XN--BCHER-KVA.example'), 'xn--bcher-kva.example')
  assert.equal(domainKey('localhost'), 'localhost')
})

test('what cannot be a domain is refused', () => {
  const bad = ['', '.', '..', 'a..b', '-a.test', 'a-.test', '127.0.0.1', '1.2', '0x7f.1', '[::1]']
  const worse = [
    'a b.test',
    'a@b',
    'a/b',
    'a#b',
    'a?b',
    'a:25',
    'a%2fb',
    'a\\b',
    `${'a'.repeat(64)}.test`,
    'a\0b.test',
  ]
  for (const text of [...bad, ...worse, `${'a.'.repeat(200)}test`]) {
    assert.equal(domainKey(text), undefined, JSON.stringify(text))
  }
})

test('local parts compare after NFC and without case, and keep their spelling', () => {
  const composed = parseStoreAddress('Andr\u00e9@example.test')
  const decomposed = parseStoreAddress('ANDRE\u0301@EXAMPLE.test')
  assert.ok(composed && decomposed)
  assert.equal(composed.localKey, decomposed.localKey)
  assert.equal(formatStoreAddress(composed), 'Andr\u00e9@example.test')
  assert.equal(localPartKey('\u0130'), localPartKey('\u0130').normalize('NFC'))
})

test('a quoted local part is the same as the bare one, and is quoted again where it must be', () => {
  const quoted = parseStoreAddress('"ada"@example.test')
  assert.equal(quoted?.localPart, 'ada')
  const odd = parseStoreAddress(String.raw`"a \"b\" @ c"@example.test`)
  assert.equal(odd?.localPart, 'a "b" @ c')
  assert.equal(odd && formatStoreAddress(odd), String.raw`"a \"b\" @ c"@example.test`)
})

test('controls, lone surrogates, empty and overlong parts are refused', () => {
  const long = 'a'.repeat(65)
  const bad = [
    '@example.test',
    'ada@',
    'ada',
    '',
    'a\0b@example.test',
    'a\nb@example.test',
    '\ud800@example.test',
  ]
  for (const text of [...bad, `${long}@example.test`, '""@example.test', 'ada@@']) {
    assert.equal(parseStoreAddress(text), undefined, JSON.stringify(text))
  }
})
