import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { decodeModifiedUtf7, encodeModifiedUtf7 } from './modified-utf7.ts'

fc.configureGlobal({ seed: 20260101 })

const pairs: readonly (readonly [string, string])[] = [
  ['INBOX', 'INBOX'],
  ['~peter/mail/\u53f0\u5317/\u65e5\u672c\u8a9e', '~peter/mail/&U,BTFw-/&ZeVnLIqe-'],
  ['a&b', 'a&-b'],
  ['&', '&-'],
  ['Entw\u00fcrfe', 'Entw&APw-rfe'],
  ['\u{1f600}', '&2D3eAA-'],
  ['\u00e9&\u00e9', '&AOk-&-&AOk-'],
  ['', ''],
]

test('names are written as RFC 3501 shows, and read back', () => {
  for (const [text, encoded] of pairs) {
    assert.equal(encodeModifiedUtf7(text), encoded)
    assert.equal(decodeModifiedUtf7(encoded), text)
  }
})

test('every other spelling is refused, so that one name has one', () => {
  const bad = [
    '&', // shift without end
    '&AOk', // shift without end
    '&AOk-&AOk-', // null shift
    '&AGE-', // printable US-ASCII in base64
    '&ACY-', // the ampersand itself in base64
    '&AOl-', // left-over bits
    '&AO-', // half a unit
    '&AOkA-', // a sextet too many
    '&2D0-', // half a surrogate pair
    '&3gDYPQ-', // surrogates the wrong way round
    '&AO/-', // "/" instead of ","
    '&AOk=-', // padding
    '& -',
    '\u00e9',
    'a\tb',
    'a\u007fb',
  ]
  for (const encoded of bad) assert.equal(decodeModifiedUtf7(encoded), undefined, encoded)
})

test('any text survives, in printable US-ASCII', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 30 }), (text) => {
      const encoded = encodeModifiedUtf7(text)
      assert.match(encoded, /^[\x20-\x7e]*$/)
      assert.equal(decodeModifiedUtf7(encoded), text)
    }),
  )
})

test('what can be read would be written the same way', () => {
  const fragment = fc.constantFrom(
    '&',
    '-',
    'A',
    'Ok',
    ',',
    'a',
    'AOk',
    '2D3eAA',
    'U,BTFw',
    '/',
    ' ',
  )
  fc.assert(
    fc.property(fc.array(fragment, { maxLength: 12 }), (fragments) => {
      const encoded = fragments.join('')
      const text = decodeModifiedUtf7(encoded)
      if (text !== undefined) assert.equal(encodeModifiedUtf7(text), encoded)
    }),
    { numRuns: 2000 },
  )
})
