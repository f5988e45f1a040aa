import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { formatBodyStructure } from './body-structure.ts'
import { formatEnvelope } from './envelope.ts'
import { indexMessage } from './mime-index.ts'

const message = Buffer.from(
  `From: user@domain.org
Mime-Version: 1.0
Content-Type: multipart/mixed; boundary="foo
 bar"

Root MIME prologue

--foo bar
Content-Type: text/x-myown; charset=us-ascii; foo="quoted\\"string"
Content-ID: <foo@example.com>
Content-MD5: Q2hlY2sgSW50ZWdyaXR5IQ==
Content-Disposition: inline; foo=bar
Content-Description: hellodescription
Content-Language: en, fi, se
Content-Location: http://example.com/test.txt

hello

--foo bar
Content-Type: message/rfc822

From: sub@domain.org
To: sub-to1@domain.org, sub-to2@domain.org
Date: Sun, 12 Aug 2012 12:34:56 +0300
Subject: submsg
Content-Type: multipart/alternative; boundary="sub1"

Sub MIME prologue
--sub1
Content-Type: text/html
Content-Transfer-Encoding: 8bit

<p>Hello world</p>

--sub1
Content-Type: text/plain
Content-Transfer-Encoding: ?invalid

Hello another world

--sub1--
Sub MIME epilogue

--foo bar--
Root MIME epilogue
`.replaceAll('\n', '\r\n'),
)

function structure(octets: Buffer, extended: boolean): string {
  return formatBodyStructure(octets, indexMessage(octets), { extended }).toString('latin1')
}

const SUB_ENVELOPE =
  '("Sun, 12 Aug 2012 12:34:56 +0300" "submsg" ((NIL NIL "sub" "domain.org")) ' +
  '((NIL NIL "sub" "domain.org")) ((NIL NIL "sub" "domain.org")) ' +
  '((NIL NIL "sub-to1" "domain.org")(NIL NIL "sub-to2" "domain.org")) NIL NIL NIL NIL)'

test('BODY has the basic fields alone', () => {
  assert.equal(
    structure(message, false),
    '(("text" "x-myown" ("charset" "us-ascii" "foo" "quoted\\"string") "<foo@example.com>" ' +
      '"hellodescription" "7bit" 7 1)' +
      `("message" "rfc822" NIL NIL NIL "7bit" 412 ${SUB_ENVELOPE} ` +
      '(("text" "html" ("charset" "us-ascii") NIL NIL "8bit" 20 1)' +
      '("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 21 1) "alternative") 21) "mixed")',
  )
})

test('BODYSTRUCTURE has the extension data too', () => {
  assert.equal(
    structure(message, true),
    '(("text" "x-myown" ("charset" "us-ascii" "foo" "quoted\\"string") "<foo@example.com>" ' +
      '"hellodescription" "7bit" 7 1 "Q2hlY2sgSW50ZWdyaXR5IQ==" ("inline" ("foo" "bar")) ' +
      '("en" "fi" "se") "http://example.com/test.txt")' +
      `("message" "rfc822" NIL NIL NIL "7bit" 412 ${SUB_ENVELOPE} ` +
      '(("text" "html" ("charset" "us-ascii") NIL NIL "8bit" 20 1 NIL NIL NIL NIL)' +
      '("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 21 1 NIL NIL NIL NIL) ' +
      '"alternative" ("boundary" "sub1") NIL NIL NIL) 21 NIL NIL NIL NIL) ' +
      '"mixed" ("boundary" "foo bar") NIL NIL NIL)',
  )
})

test('a part that is neither text nor message has no lines', () => {
  const octets = Buffer.from(
    'Content-Type: application/PDF\nContent-Transfer-Encoding: base64\n\nAAAA\n',
  )
  assert.equal(
    structure(octets, true),
    '("application" "PDF" NIL NIL NIL "base64" 5 NIL NIL NIL NIL)',
  )
})

test('no octets at all are an empty text', () => {
  const none = Buffer.alloc(0)
  assert.equal(structure(none, false), '("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 0 0)')
})

/** Reads one IMAP value (RFC 3501 §9) and returns where it ends; throws when it is none. */
function readValue(text: string, at: number): number {
  if (text.startsWith('NIL', at)) return at + 3
  const literal = /\{(\d+)\}\r\n/y
  literal.lastIndex = at
  const size = literal.exec(text)?.[1]
  if (size !== undefined) return literal.lastIndex + Number(size)
  const plain = /\d+|"(?:[^"\\\r\n\0\x80-\xff]|\\["\\])*"/y
  plain.lastIndex = at
  if (plain.test(text)) return plain.lastIndex
  assert.equal(text.charAt(at), '(', `no value at ${at}`)
  let next = at + 1
  while (text.charAt(next) !== ')') {
    next = readValue(text, next)
    if (text.charAt(next) === ' ') next += 1
  }
  return next + 1
}

test('whatever the octets, what is sent is grammatical', () => {
  const piece = fc.constantFrom(
    'Content-Type: multipart/mixed; boundary=a; x="\\',
    'Content-Type: message/rfc822\r\n',
    'Content-Disposition: attachment; filename="é\\""\r\n',
    'Content-Description: {3}\r\n',
    'Subject: \0"\\\x80\r\n',
    'From: "a" <b@c>, (d',
    'To: x: y;\r\n',
    'a@',
    '\r\n',
    '\r\n\r\n',
    '\r\n--a\r\n',
    '--a--\r\n',
    '"',
    '(',
    '\r',
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
      const octets = Buffer.from(pieces.join(''), 'latin1')
      const part = indexMessage(octets)
      for (const text of [
        structure(octets, true),
        structure(octets, false),
        formatEnvelope(octets, part).toString('latin1'),
      ]) {
        assert.equal(readValue(text, 0), text.length)
        assert.equal(text.includes('\0'), false)
      }
    }),
    { numRuns: 2_000 },
  )
})
