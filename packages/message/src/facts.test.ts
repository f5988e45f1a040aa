import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { computeFacts, type MessageFacts } from './facts.ts'
import { indexMessage } from './mime-index.ts'
import type { PartNode } from './part.ts'
import { decodeParts } from './parts-codec.ts'

function facts(text: string): MessageFacts {
  return computeFacts(Buffer.from(text))
}

test('what is searched is decoded and lower-cased', () => {
  const found = facts(
    [
      'From: =?utf-8?q?=C3=84da?= <Ada@Example.Test>',
      'To: Friends: Bob <bob@x>;, c@y',
      'Cc: "Quoted, Name" <q@z>',
      'Subject: =?utf-8?q?=C3=9Cber?= RAW',
      'Date: Mon, 30 Jun 2003 23:30:00 -0600',
      'Message-ID: <One@x>',
      'In-Reply-To: your message <two@x> of today',
      'References: <zero@x>\r\n <two@x>',
      '',
      'Hello  there,',
      'friend',
    ].join('\r\n'),
  )
  assert.equal(found.from, 'äda <ada@example.test>')
  assert.equal(found.to, 'friends:, bob <bob@x>, ;, <c@y>')
  assert.equal(found.cc, 'quoted, name <q@z>')
  assert.equal(found.bcc, '')
  assert.equal(found.subject, 'über raw')
  assert.equal(found.sentAt?.toISOString(), '2003-07-01T05:30:00.000Z')
  assert.equal(found.sentDay, '2003-06-30')
  assert.equal(found.messageId, '<One@x>')
  assert.equal(found.inReplyTo, '<two@x>')
  assert.deepEqual(found.references, ['<zero@x>', '<two@x>'])
  assert.equal(found.preview, 'Hello there, friend')
  assert.equal(found.header?.length, found.headerSize)
})

test('what is absent is empty or null', () => {
  const found = facts('')
  assert.deepEqual(
    [found.size, found.from, found.subject, found.messageId, found.sentAt, found.preview],
    [0, '', '', null, null, ''],
  )
  assert.deepEqual(found.references, [])
})

test('the preview is of the text, not of the attachment or the style sheet', () => {
  const multipart = facts(
    'Content-Type: multipart/mixed; boundary=x\n\n' +
      '--x\nContent-Type: text/plain\nContent-Disposition: attachment\n\nattached\n' +
      '--x\nContent-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: quoted-printable\n\nd=E9j=E0 vu\n--x--\n',
  )
  assert.equal(multipart.preview, 'déjà vu')
  const html = facts(
    'Content-Type: text/html\n\n<html><style>p { color: red }</style><p>Tom &amp; Jerry&#33;<br>&nbsp;go</p>',
  )
  assert.equal(html.preview, 'Tom & Jerry! go')
  assert.equal(Array.from(facts(`\n${'ü'.repeat(500)}`).preview).length, 200)
})

test('a header longer than 64 KiB is not kept, and long fields are capped', () => {
  const found = facts(`Subject: ${'x'.repeat(1_000_000)}\r\nTo: ${'a@b,'.repeat(100_000)}\r\n\r\n`)
  assert.equal(found.header, null)
  assert.equal(found.subject.length, 4_096)
  assert.ok(found.to.length <= 4_096)
  assert.ok(found.envelope.length < 500_000)
})

test('hostile messages: 10 MB of header, 100,000 fields, delimiters, dashes, 1,000 references', () => {
  const digest = 'Content-Type: multipart/mixed; boundary=x\n\n'
  for (const text of [
    `Subject: ${'x'.repeat(10_000_000)}`,
    'a: b\n'.repeat(100_000),
    `To: a@b\n`.repeat(100_000),
    `${digest}${'--x\n'.repeat(1_000_000)}`,
    `${digest}${'--\n'.repeat(1_000_000)}`,
    `${digest}${'--x\nContent-Type: message/rfc822\n\n'.repeat(100_000)}`,
    `Content-Type: text/html\n\n${'<style'.repeat(100_000)}`,
    `Content-Type: text/plain; ${'a=b; '.repeat(100_000)}`,
    `Subject: ${'=?'.repeat(100_000)}`,
    `Subject: ${'=?utf-8?q?a?= '.repeat(10_000)}`,
  ]) {
    const found = facts(text)
    assert.equal(found.size, text.length)
    assert.ok(found.bodyStructure.length < 2_000_000)
  }
  const many = facts(
    `References: ${Array.from({ length: 1_000 }, (_, at) => `<${at}@x>`).join(' ')}\n`,
  )
  assert.equal(many.references.length, 100)
  assert.equal(many.references[0], '<0@x>')
  assert.equal(many.references.at(-1), '<999@x>')
})

function assertSound(octets: Buffer): void {
  const found = computeFacts(octets)
  assert.equal(found.size, octets.length)
  for (const text of [found.from, found.to, found.cc, found.bcc, found.subject, found.preview]) {
    assert.ok(text.isWellFormed() && !text.includes('\0') && text.length <= 4_096)
  }
  const index: PartNode = indexMessage(octets)
  const root = decodeParts(found.parts)
  assert.deepEqual([root.header, root.body, root.lines], [index.header, index.body, index.lines])
}

test('any octets have facts', () => {
  const piece = fc.constantFrom(
    'From: ',
    'Subject: =?utf-8?q?=00=ED=A0=80?=',
    'Date: 1 Jan 2000 00:00 +9999',
    'Content-Type: multipart/mixed; boundary=a',
    'Content-Type: text/html; charset=utf-16le',
    'Content-Transfer-Encoding: base64',
    '\r\n',
    '\n\n',
    '--a\n',
    '<&#0;&#xFFFFFF;>',
    '\0\xff',
    '(',
    '@',
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      assertSound(Buffer.from(pieces.join(''), 'latin1'))
    }),
    { numRuns: 2_000 },
  )
})

/** Stands in for the corpora where they are absent. */
const ownMessages = [
  'Subject: plain\r\n\r\nbody\r\n',
  'From: =?iso-2022-jp?B?GyRCRnxLXBsoQg==?= <a@b>\nContent-Type: text/html\n\n<p>&amp;\n',
  'Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: message/rfc822\r\n\r\n' +
    'Subject: inner\r\n\r\nbody\r\n--x\r\nContent-Type: image/png; name=a.png\r\n' +
    'Content-Transfer-Encoding: base64\r\n\r\niVBORw0KGgo=\r\n--x--\r\n',
].map((text) => Buffer.from(text))

const corpora = process.env['POSTHOUSE_CORPORA']

test('every message of the corpora, cut here and there, has facts', (t) => {
  if (corpora === undefined) t.diagnostic('POSTHOUSE_CORPORA is not set: 3 messages of our own')
  let count = 0
  for (const octets of corpora === undefined ? ownMessages : corpusMessages(corpora)) {
    count += 1
    assertSound(octets)
    for (const share of [0.2, 0.5, 0.9]) {
      assertSound(octets.subarray(0, Math.floor(octets.length * share)))
    }
  }
  assert.ok(count > 0, 'no messages found')
})

function* corpusMessages(root: string): Generator<Buffer> {
  for (const folder of ['mail', 'mime']) yield* messagesUnder(join(root, folder))
}

function* messagesUnder(folder: string): Generator<Buffer> {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !/\.(eml|msg|raw)$/.test(entry.name)) continue
    yield readFileSync(join(entry.parentPath, entry.name))
  }
}
