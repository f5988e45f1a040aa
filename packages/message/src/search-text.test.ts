import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { foldText } from './fold.ts'
import { MAX_SEARCHED_HEADER_BYTES, MAX_SEARCHED_PART_BYTES } from './limits.ts'
import { bodyTexts, searchedFields } from './search-text.ts'

function texts(message: string): readonly string[] {
  return [...bodyTexts(Buffer.from(message.replaceAll('\n', '\r\n')))]
}

test('folded texts differ neither in case nor in how accents are spelt', () => {
  assert.equal(foldText('Cafe\u0301 ΟΔΟΣ'), foldText('CAFÉ οδοσ'))
  assert.equal(foldText('half \ud83d'), 'half \ufffd')
})

test('whatever is folded is well formed', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      assert.ok(foldText(text.slice(1)).isWellFormed())
    }),
    { numRuns: 20 },
  )
})

test('a body is its text, with encodings and charsets undone', () => {
  const message =
    'Subject: not the body\nContent-Type: text/plain; charset=koi8-r\nContent-Transfer-Encoding: base64\n\n8NLJ18XU\n'
  assert.deepEqual(texts(message), ['привет'])
})

test('HTML is read without its tags', () => {
  const message = 'Content-Type: text/html; charset=utf-8\n\n<p>Gr&uuml;&szlig;e, <i>W</i>elt</p>'
  assert.deepEqual(texts(message), ['\ngrüße, welt\n'])
})

test('headers of parts belong to the body, attachments that are no text do not', () => {
  const message = [
    'Content-Type: multipart/mixed; boundary=b',
    '',
    '--b',
    'Content-Type: application/pdf; name="=?utf-8?Q?B=C3=BCcher?=.pdf"',
    '',
    'opaque',
    '--b',
    'Content-Type: message/rfc822',
    '',
    'Subject: inside',
    '',
    'deep',
    '--b--',
    '',
  ].join('\n')
  const found = texts(message).join('\n')
  assert.match(found, /bücher\.pdf/)
  assert.match(found, /subject: inside/)
  assert.match(found, /deep/)
  assert.doesNotMatch(found, /opaque/)
})

test('of a part so much is looked at as the limit says', () => {
  const content = Buffer.alloc(MAX_SEARCHED_PART_BYTES + 1_000, 'x')
  content.write('\r\n')
  const [text = ''] = [...bodyTexts(content)]
  assert.equal(text.length, MAX_SEARCHED_PART_BYTES)
})

test('of a header so much is looked at as the limit says', () => {
  const header = Buffer.from('a:\n'.repeat(1_000_000))
  const most = Math.floor(MAX_SEARCHED_HEADER_BYTES / 3)
  assert.equal(searchedFields(header).length, most)
  const inside = Buffer.from('Content-Type: message/rfc822\n\n')
  const [text = ''] = [...bodyTexts(Buffer.concat([inside, header]))]
  assert.equal(text.length, MAX_SEARCHED_HEADER_BYTES)
})

test('fields have lower-case names and folded, decoded values', () => {
  const header = Buffer.from('SUBJECT: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=\r\nX-Long: one\r\n two\r\n\r\n')
  assert.deepEqual(searchedFields(header), [
    { name: 'subject', value: 'grüße' },
    { name: 'x-long', value: 'one two' },
  ])
})
