import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { indexMessage } from './mime-index.ts'
import { findPart, type MimePart } from './part.ts'
import { sliceSpan } from './span.ts'

/** The structure in one line: `multipart/mixed[text/plain message/rfc822{text/plain}]`. */
function outline(part: MimePart): string {
  const type = `${part.type}/${part.subtype}`
  if (part.message !== undefined) return `${type}{${outline(part.message)}}`
  return part.children.length === 0 ? type : `${type}[${part.children.map(outline).join(' ')}]`
}

function lines(...all: string[]): Buffer {
  return Buffer.from(all.join('\r\n'))
}

function bodyOf(octets: Buffer, path: readonly number[]): string | undefined {
  const part = findPart(indexMessage(octets), path)
  return part && sliceSpan(octets, part.body).toString()
}

test('a message without MIME fields is one text/plain part', () => {
  const octets = lines('Subject: hi', '', 'one', 'two', '')
  const part = indexMessage(octets)
  assert.equal(outline(part), 'text/plain')
  assert.equal(sliceSpan(octets, part.header).toString(), 'Subject: hi\r\n\r\n')
  assert.equal(sliceSpan(octets, part.body).toString(), 'one\r\ntwo\r\n')
  assert.equal(part.lines, 2)
  assert.equal(part.encoding, '7bit')
})

test('the line break before a delimiter belongs to the delimiter', () => {
  const octets = lines(
    'Content-Type: multipart/mixed; boundary="a b"',
    '',
    'preamble',
    '--a b',
    '',
    'hello',
    '',
    '--a b \t',
    'Content-Type: text/html',
    '',
    '<p>',
    '--a b--',
    'epilogue',
    '',
  )
  assert.equal(outline(indexMessage(octets)), 'multipart/mixed[text/plain text/html]')
  assert.equal(bodyOf(octets, [1]), 'hello\r\n')
  assert.equal(bodyOf(octets, [2]), '<p>')
  assert.equal(bodyOf(octets, [3]), undefined)
  assert.deepEqual(
    indexMessage(octets).children.map((part) => part.lines),
    [1, 0],
  )
})

test('LF line ends give the same structure as CRLF', () => {
  const crlf = lines(
    'Content-Type: multipart/mixed; boundary=x',
    '',
    '--x',
    'Content-Type: message/rfc822',
    '',
    'Subject: inner',
    '',
    'body',
    '--x--',
    '',
  )
  const lf = Buffer.from(crlf.toString().replaceAll('\r\n', '\n'))
  assert.equal(outline(indexMessage(lf)), outline(indexMessage(crlf)))
  assert.equal(bodyOf(lf, [1, 1]), 'body')
  assert.equal(bodyOf(crlf, [1, 1]), 'body')
})

test('a part ends at an enclosing delimiter even in its header', () => {
  const octets = lines(
    'Content-Type: multipart/mixed; boundary=out',
    '',
    '--out',
    'Content-Type: multipart/alternative; boundary=in',
    '',
    '--in',
    'Content-Type: text/html',
    '--out',
    '',
    'last',
    '--out--',
    '',
  )
  const part = indexMessage(octets)
  assert.equal(outline(part), 'multipart/mixed[multipart/alternative[text/html] text/plain]')
  const html = findPart(part, [1, 1])
  assert.equal(html && sliceSpan(octets, html.header).toString(), 'Content-Type: text/html')
  assert.equal(html && html.body.end - html.body.start, 0)
  assert.equal(bodyOf(octets, [2]), 'last')
})

test('boundaries that are prefixes of one another are told apart', () => {
  const octets = lines(
    'Content-Type: multipart/mixed; boundary=ab',
    '',
    '--ab',
    'Content-Type: multipart/mixed; boundary=abc',
    '',
    '--abc',
    '',
    'inner',
    '--abcd',
    '--abc--',
    '--ab',
    '',
    'outer',
    '--ab--',
  )
  assert.equal(
    outline(indexMessage(octets)),
    'multipart/mixed[multipart/mixed[text/plain] text/plain]',
  )
  assert.equal(bodyOf(octets, [1, 1]), 'inner\r\n--abcd')
  assert.equal(bodyOf(octets, [2]), 'outer')
})

test('of two open multiparts with one boundary the inner one gets the delimiter', () => {
  const octets = lines(
    'Content-Type: multipart/mixed; boundary=b',
    '',
    '--b',
    'Content-Type: multipart/mixed; boundary=b',
    '',
    '--b',
    '',
    'x',
    '--b--',
    '--b--',
  )
  assert.equal(outline(indexMessage(octets)), 'multipart/mixed[multipart/mixed[text/plain]]')
})

test('a boundary that ends in two dashes can be opened and closed', () => {
  const octets = lines(
    'Content-Type: multipart/mixed; boundary="x--"',
    '',
    '--x--',
    '',
    'one',
    '--x----',
    'epilogue',
  )
  assert.equal(outline(indexMessage(octets)), 'multipart/mixed[text/plain]')
  assert.equal(bodyOf(octets, [1]), 'one')
})

test('unterminated multiparts reach to the end', () => {
  const octets = lines('Content-Type: multipart/mixed; boundary=x', '', '--x', '', 'open', '')
  assert.equal(bodyOf(octets, [1]), 'open\r\n')
})

test('a multipart whose boundary never comes shows its body as text', () => {
  const octets = lines('Content-Type: multipart/mixed; boundary=x', '', 'nothing here', '')
  assert.equal(outline(indexMessage(octets)), 'multipart/mixed[text/plain]')
  assert.equal(bodyOf(octets, [1]), 'nothing here\r\n')
})

test('a multipart without a boundary is a text leaf', () => {
  const octets = lines('Content-Type: multipart/mixed', '', '--x', '', 'text', '')
  assert.equal(outline(indexMessage(octets)), 'text/plain')
})

test('the parts of a digest are messages unless they say otherwise', () => {
  const octets = lines(
    'Content-Type: multipart/digest; boundary=d',
    '',
    '--d',
    '',
    'Subject: one',
    '',
    'body one',
    '--d',
    'Content-Type: text/plain',
    '',
    'a note',
    '--d--',
  )
  assert.equal(
    outline(indexMessage(octets)),
    'multipart/digest[message/rfc822{text/plain} text/plain]',
  )
  assert.equal(bodyOf(octets, [1, 1]), 'body one')
})

test('message/global is opened like message/rfc822', () => {
  const octets = lines('Content-Type: message/global', '', 'Subject: ü', '', 'body')
  assert.equal(outline(indexMessage(octets)), 'message/global{text/plain}')
})

test('part numbers go through messages as RFC 3501 numbers them', () => {
  const octets = lines(
    'Content-Type: message/rfc822',
    '',
    'Content-Type: message/rfc822',
    '',
    'Subject: sub',
    '',
    'Hello',
  )
  assert.equal(bodyOf(octets, [1])?.startsWith('Content-Type: message/rfc822'), true)
  assert.equal(bodyOf(octets, [1, 1]), 'Subject: sub\r\n\r\nHello')
  assert.equal(bodyOf(octets, [1, 1, 1]), 'Hello')
  assert.equal(bodyOf(octets, [1, 1, 1, 1]), undefined)
  assert.equal(bodyOf(octets, [2]), undefined)
  assert.equal(bodyOf(octets, [0]), undefined)
})

test('Content fields are read as written, the first of each', () => {
  const octets = lines(
    'content-type : Text / X-Mine (comment) ; Charset="us-\\ascii"; name=my report.pdf ;; x',
    'Content-Type: text/html',
    'Content-ID: <a@b>',
    'Content-Description: two',
    '\twords',
    'Content-Transfer-Encoding: (note) BASE64',
    'Content-MD5: Q2hlY2s=',
    "Content-Disposition: attachment; filename*=utf-8''x%20y",
    'Content-Language: en, fi',
    'Content-Location: http://example.test/',
    '',
  )
  const part = indexMessage(octets)
  assert.deepEqual([part.type, part.subtype], ['Text', 'X-Mine'])
  assert.deepEqual(part.params, [
    { name: 'Charset', value: 'us-ascii' },
    { name: 'name', value: 'my report.pdf' },
  ])
  assert.equal(part.id, '<a@b>')
  assert.equal(part.description, 'two\twords')
  assert.equal(part.encoding, 'BASE64')
  assert.equal(part.md5, 'Q2hlY2s=')
  assert.deepEqual(part.disposition, {
    type: 'attachment',
    params: [{ name: 'filename*', value: "utf-8''x%20y" }],
  })
  assert.deepEqual(part.language, ['en', 'fi'])
  assert.equal(part.location, 'http://example.test/')
})

test('nesting deeper than 100 becomes a leaf, whether in multiparts or in messages', () => {
  const multiparts = Array.from(
    { length: 1000 },
    (_, at) => `Content-Type: multipart/mixed; boundary=b${at}\r\n\r\n--b${at}\r\n`,
  ).join('')
  const messages = 'Content-Type: message/rfc822\r\n\r\n'.repeat(1000)
  for (const octets of [Buffer.from(multiparts), Buffer.from(messages)]) {
    let part: MimePart | undefined = indexMessage(octets)
    let depth = 0
    for (; part; part = part.message ?? part.children[0]) depth += 1
    assert.equal(depth, 101)
  }
})

test('of 100,000 parts 10,000 are opened', () => {
  const octets = Buffer.from(
    `Content-Type: multipart/mixed; boundary=x\n\n${'--x\n\ny\n'.repeat(100_000)}--x--\n`,
  )
  const part = indexMessage(octets)
  assert.equal(part.children.length, 9_999)
  assert.equal(sliceSpan(octets, part.children.at(-1)?.body ?? part.body).toString(), 'y')
})

/** Every part stands inside its parent, in order. */
function assertNested(part: MimePart, octets: Buffer): void {
  assert.ok(part.header.start <= part.header.end && part.header.end <= part.body.start)
  assert.ok(part.body.start <= part.body.end && part.body.end <= octets.length)
  const feeds = sliceSpan(octets, part.body).filter((octet) => octet === 10).length
  assert.equal(part.lines, feeds)
  let from = part.body.start
  for (const child of part.message === undefined ? part.children : [part.message]) {
    assert.ok(child.header.start >= from && child.body.end <= part.body.end)
    from = child.body.end
    assertNested(child, octets)
  }
}

const fragment = fc.constantFrom(
  'Content-Type: multipart/mixed; boundary=a\n',
  'Content-Type: multipart/digest; boundary="a-"\r\n',
  'Content-Type: message/rfc822\r\n',
  'content-transfer-encoding: base64\n',
  '--a\n',
  '--a\r\n',
  '--a--\n',
  '--a-\r\n',
  '--a---\r\n',
  '\n',
  '\r\n',
  '\r',
  ' ',
  '--',
  'text\r\n',
  'text',
  '"',
  '(',
  '\0\xff',
)

test('any octets give parts that lie inside one another, with true line counts', () => {
  fc.assert(
    fc.property(fc.array(fragment, { maxLength: 60 }), (pieces) => {
      const octets = Buffer.from(pieces.join(''), 'latin1')
      assertNested(indexMessage(octets), octets)
    }),
    { numRuns: 2_000 },
  )
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 500 }), (bytes) => {
      const octets = Buffer.from(bytes)
      assertNested(indexMessage(octets), octets)
    }),
  )
})

test('a message cut at any octet is still indexed', () => {
  const octets = lines(
    'Content-Type: multipart/mixed; boundary="ab"',
    '',
    '--ab',
    'Content-Type: message/rfc822',
    '',
    'Content-Type: multipart/digest; boundary=c',
    '',
    '--c',
    '',
    'Subject: x',
    '',
    'y',
    '--c--',
    '--ab--',
    '',
  )
  for (let end = 0; end <= octets.length; end += 1) {
    assertNested(indexMessage(octets.subarray(0, end)), octets.subarray(0, end))
  }
})
