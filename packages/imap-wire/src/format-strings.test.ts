import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { formatAstring, formatMailbox, formatNstring, formatString } from './format-strings.ts'
import { mailbox } from './mailbox-name.ts'
import { astring, nstring, string } from './strings.ts'
import { parseAll } from './testing/segments.ts'

fc.configureGlobal({ seed: 20260101 })

const text = (octets: Buffer): string => octets.toString('latin1')

test('a string is quoted where it can be, and a literal where it must be', () => {
  assert.equal(text(formatString('hello')), '"hello"')
  assert.equal(text(formatString('')), '""')
  assert.equal(text(formatString('a"b\\c')), '"a\\"b\\\\c"')
  assert.equal(text(formatString('a\r\nb')), '{4}\r\na\r\nb')
  assert.equal(text(formatString(Buffer.from([0xe9]))), '{1}\r\n\xe9')
  assert.equal(formatString('é', true).toString(), '"é"')
  assert.equal(text(formatString(Buffer.from([0xe9]), true)), '{1}\r\n\xe9')
  assert.ok(text(formatString('x'.repeat(1001))).startsWith('{1001}\r\n'))
})

test('an astring is an atom where it can be, but never NIL', () => {
  assert.equal(text(formatAstring('INBOX')), 'INBOX')
  assert.equal(text(formatAstring('a]b')), 'a]b')
  assert.equal(text(formatAstring('nil')), '"nil"')
  assert.equal(text(formatAstring('a b')), '"a b"')
  assert.equal(text(formatAstring('')), '""')
})

test('nothing at all is NIL, nothing in it is an empty string', () => {
  assert.equal(text(formatNstring(null)), 'NIL')
  assert.equal(text(formatNstring('')), '""')
})

test('a mailbox name goes out in the session’s encoding', () => {
  assert.equal(text(formatMailbox('Entwürfe')), 'Entw&APw-rfe')
  assert.equal(formatMailbox('Entwürfe', true).toString(), '"Entwürfe"')
  assert.equal(text(formatMailbox('a&b c')), '"a&-b c"')
  assert.equal(text(formatMailbox('100%')), '"100%"')
})

const octetsWithoutNul = fc
  .uint8Array({ min: 1, maxLength: 60 })
  .map((octets) => Buffer.from(octets))

test('any octets without NUL survive as string, nstring and astring', () => {
  fc.assert(
    fc.property(octetsWithoutNul, fc.boolean(), (octets, utf8) => {
      assert.deepEqual(parseAll(formatString(octets, utf8), string), octets)
      assert.deepEqual(parseAll(formatNstring(octets, utf8), nstring), octets)
      assert.deepEqual(parseAll(formatAstring(octets, utf8), astring), octets)
    }),
  )
  assert.equal(parseAll(formatNstring(null), nstring), null)
})

test('any mailbox name survives in both encodings', () => {
  const names = fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
    .filter((name) => !/[\p{Cc}\u2028\u2029]/u.test(name))
    .map((name) => (name.toUpperCase() === 'INBOX' ? 'INBOX' : name))
  fc.assert(
    fc.property(names, fc.boolean(), (name, utf8) => {
      assert.equal(parseAll(formatMailbox(name, utf8), mailbox, utf8), name)
    }),
  )
})
