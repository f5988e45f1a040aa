import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { decodeWords, encodeWords } from './words.ts'

test('encoded words are decoded, text between them stays', () => {
  assert.equal(decodeWords('=?iso-8859-1?Q?Andr=E9?= Pirard'), 'André Pirard')
  assert.equal(decodeWords('a =?utf-8?b?w6k=?= b'), 'a é b')
  assert.equal(decodeWords('=?us-ascii*en?q?a_b?='), 'a b')
})

test('white space between adjacent words goes', () => {
  assert.equal(decodeWords('(=?ISO-8859-1?Q?a?= b)'), '(a b)')
  assert.equal(decodeWords('=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?='), 'ab')
  assert.equal(decodeWords('=?ISO-8859-1?Q?a?=  \r\n =?utf-8?Q?b?='), 'ab')
  assert.equal(decodeWords('=?ISO-8859-1?Q?a_?= =?ISO-8859-1?Q?b?='), 'a b')
})

test('a character cut in two by adjacent words is whole again', () => {
  assert.equal(decodeWords('=?utf-8?Q?=E2=82?= =?UTF-8?Q?=AC?='), '€')
})

test('many charsets are known, unknown ones are guessed', () => {
  assert.equal(decodeWords('=?iso-2022-jp?B?GyRCRnxLXBsoQg==?='), '日本')
  assert.equal(decodeWords('=?koi8-r?B?8NLJ18XU?='), 'Привет')
  assert.equal(decodeWords('=?gb2312?B?xOO6ww==?='), '你好')
  assert.equal(decodeWords('=?cp437?Q?=82?='), 'é')
  assert.equal(decodeWords('=?x-nonsense?Q?=C3=A9?='), 'é')
})

test('8-bit text is UTF-8 if it can be, else Latin', () => {
  assert.equal(decodeWords(Buffer.from('café')), 'café')
  assert.equal(decodeWords(Buffer.from('café', 'latin1')), 'café')
})

test('what is no encoded word stays', () => {
  for (const text of ['=?', '=?a?b', '=?utf-8?x?a?=', '=?utf-8?q?a', 'a?=', '=??q?a?=']) {
    assert.equal(decodeWords(text), text)
  }
})

test('text survives encoding; the result is short ASCII words without controls', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
      const encoded = encodeWords(text)
      assert.match(encoded, /^[\x20-\x7e]*$/)
      const clean = text.toWellFormed().replace(/\p{Cc}+/gu, ' ')
      assert.equal(decodeWords(encoded), clean)
      if (encoded.includes('=?')) {
        for (const word of encoded.split(' ')) assert.ok(word.length <= 75)
      }
    }),
  )
})

test('any octets decode to well-formed text without NUL', () => {
  const piece = fc.constantFrom(
    '=?utf-8?q?',
    '=?utf-7?b?',
    '?=',
    '=',
    '?',
    '_',
    '=00',
    ' ',
    '\xff',
    'a',
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      const text = decodeWords(Buffer.from(pieces.join(''), 'latin1'))
      assert.ok(text.isWellFormed() && !text.includes('\0'))
    }),
  )
})
