import assert from 'node:assert/strict'
import { test } from 'node:test'
import { complete, type Completion } from './complete.ts'
import { priorityOf } from './priority.ts'
import { readHeader } from './strict-header.ts'

const parts = {
  date: 'Sat, 28 Nov 2026 12:00:00 +0000',
  messageId: '<id@mail.example.test>',
  sender: undefined,
  from: undefined,
}

function completed(text: string, more: Partial<Completion> = {}): string {
  const octets = Buffer.from(text)
  const header = readHeader(octets)
  assert.ok(header !== undefined)
  return complete(octets, header, { ...parts, ...more }).toString()
}

test('a message that lacks nothing stays the same octets', () => {
  const octets = Buffer.from(
    'Date: x\r\nmessage-id: <1@x>\r\nFrom: a@b.test\r\nMIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\nBcc: no\r\n',
  )
  const header = readHeader(octets)
  assert.ok(header !== undefined)
  assert.equal(complete(octets, header, parts), octets)
})

test('what is missing stands above what came, and nothing else moves', () => {
  assert.equal(
    completed('Subject: x\r\n y\r\n\r\nbody', { from: 'a@b.test', sender: 'c@d.test' }),
    'Date: Sat, 28 Nov 2026 12:00:00 +0000\r\nMessage-ID: <id@mail.example.test>\r\nFrom: <a@b.test>\r\nSender: <c@d.test>\r\nSubject: x\r\n y\r\n\r\nbody',
  )
})

test('every Bcc ends here, folded or resent; one in the body does not', () => {
  const text =
    'Date: x\r\nBCC: a@b.test,\r\n\tc@d.test\r\nMessage-ID: <1@x>\r\nResent-Bcc: e@f.test\r\nFrom: a@b.test\r\n\r\nBcc: x\r\n'
  assert.equal(completed(text), 'Date: x\r\nMessage-ID: <1@x>\r\nFrom: a@b.test\r\n\r\nBcc: x\r\n')
})

test('MIME without MIME-Version gets one, plain text does not', () => {
  const base = 'Date: x\r\nMessage-ID: <1@x>\r\n'
  assert.match(completed(`${base}Content-Type: text/html\r\n\r\n`), /^MIME-Version: 1\.0\r\n/)
  assert.match(completed(`${base}Content-Transfer-Encoding: base64\r\n\r\n`), /^MIME-Version/)
  assert.equal(completed(`${base}\r\n`), `${base}\r\n`)
})

function priority(text: string, recipients = 1): number {
  const header = readHeader(Buffer.from(text))
  assert.ok(header !== undefined)
  return priorityOf(header, recipients)
}

test('circulars go after letters', () => {
  assert.equal(priority('From: a@b.test\r\n\r\n', 20), 0)
  assert.equal(priority('From: a@b.test\r\n\r\n', 21), -1)
  assert.equal(priority('List-Unsubscribe: <mailto:x@y.test>\r\n\r\n'), -1)
  assert.equal(priority('Precedence: Bulk\r\n\r\n'), -1)
  assert.equal(priority('Precedence: first-class\r\n\r\n'), 0)
})
