import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildDsn, type DeliveryReport } from './dsn.ts'
import { headerFields, unfold } from './header-fields.ts'
import { indexMessage } from './mime-index.ts'
import { sliceSpan } from './span.ts'

const octets = Buffer.from('From: ada@example.test\r\nSubject: hi\r\n\r\nsecret body\r\n')

const report: DeliveryReport = {
  reportingMta: 'mail.example.test',
  from: 'postmaster@example.test',
  to: 'ada@example.test',
  messageId: '<dsn@mail.example.test>',
  date: new Date('2026-01-02T03:04:05Z'),
  boundary: 'report-1',
  envelopeId: 'env-1',
  arrival: new Date('2026-01-01T00:00:00Z'),
  recipients: [
    {
      address: 'bob@there.test',
      original: 'rfc822;bob@there.test',
      action: 'failed',
      status: '5.1.1',
      remoteMta: 'mx.there.test',
      reply: '550 5.1.1 No such user\r\nBcc: injected@evil.test',
      lastAttempt: new Date('2026-01-02T03:04:00Z'),
    },
  ],
  original: { octets, header: indexMessage(octets).header },
  returns: 'headers',
  international: false,
}

function partsOf(dsn: Buffer): { type: string; text: string; header: string }[] {
  return indexMessage(dsn).children.map((part) => ({
    type: `${part.type}/${part.subtype}`,
    text: sliceSpan(dsn, part.body).toString(),
    header: sliceSpan(dsn, part.header).toString(),
  }))
}

function field(dsn: Buffer, name: string): string | undefined {
  const found = headerFields(dsn, indexMessage(dsn).header).find((each) => each.name === name)
  return found && unfold(found.value)
}

test('a failure says in plain words what happened, then in fields, then returns the header', () => {
  const dsn = buildDsn(report)
  assert.equal(field(dsn, 'Subject'), 'Not delivered: bob@there.test')
  assert.equal(field(dsn, 'Auto-Submitted'), 'auto-replied')
  assert.match(
    field(dsn, 'Content-Type') ?? '',
    /^multipart\/report; report-type=delivery-status; boundary=/,
  )
  const [words, status, header] = partsOf(dsn)
  assert.equal(words?.type, 'text/plain')
  assert.match(words?.text ?? '', /could not be delivered to:\r\n\r\n {2}<bob@there\.test>\r\n/)
  assert.match(words?.text ?? '', /There is no mailbox with this address/)
  assert.match(words?.text ?? '', /mx\.there\.test said: 550 5\.1\.1 No such user/)
  assert.equal(status?.type, 'message/delivery-status')
  assert.equal(
    status?.text,
    [
      'Reporting-MTA: dns; mail.example.test',
      'Original-Envelope-Id: env-1',
      'Arrival-Date: Thu, 01 Jan 2026 00:00:00 +0000',
      '',
      'Original-Recipient: rfc822;bob@there.test',
      'Final-Recipient: rfc822; bob@there.test',
      'Action: failed',
      'Status: 5.1.1',
      'Remote-MTA: dns; mx.there.test',
      'Diagnostic-Code: smtp; 550 5.1.1 No such user Bcc: injected@evil.test',
      'Last-Attempt-Date: Fri, 02 Jan 2026 03:04:00 +0000',
    ].join('\r\n'),
  )
  assert.equal(header?.type, 'text/rfc822-headers')
  assert.equal(header?.text, 'From: ada@example.test\r\nSubject: hi\r\n\r\n')
})

test('the whole message comes back where it was asked for', () => {
  const [, , message] = partsOf(buildDsn({ ...report, returns: 'full' }))
  assert.equal(message?.type, 'message/rfc822')
  assert.equal(message?.text, octets.toString())
})

test('a delay says until when it is tried', () => {
  const [recipient] = report.recipients
  assert.ok(recipient)
  const dsn = buildDsn({
    ...report,
    recipients: [
      {
        ...recipient,
        action: 'delayed',
        status: '4.4.1',
        retryUntil: new Date('2026-01-07T00:00:00Z'),
      },
    ],
  })
  const [words, status] = partsOf(dsn)
  assert.match(words?.text ?? '', /You do not need to do anything/)
  assert.match(status?.text ?? '', /Will-Retry-Until: Wed, 07 Jan 2026 00:00:00 \+0000$/)
})

test('addresses in Unicode make the report international', () => {
  const [recipient] = report.recipients
  assert.ok(recipient)
  const dsn = buildDsn({ ...report, recipients: [{ ...recipient, address: 'jürgen@there.test' }] })
  const [words, status, header] = partsOf(dsn)
  assert.match(words?.header ?? '', /8bit/)
  assert.equal(status?.type, 'message/global-delivery-status')
  assert.match(status?.text ?? '', /Final-Recipient: utf-8; jürgen@there\.test/)
  assert.equal(header?.type, 'message/global-headers')
  assert.equal(field(dsn, 'Content-Transfer-Encoding'), '8bit')
  assert.match(field(dsn, 'Subject') ?? '', /=\?utf-8\?B\?/)
})

test('no line is longer than 998 octets and none holds a bare control, whatever the reply', () => {
  const [recipient] = report.recipients
  assert.ok(recipient)
  const reply = `550 ${'x'.repeat(3000)} ${'é'.repeat(800)}\0\x1b[2J`
  const dsn = buildDsn({ ...report, recipients: [{ ...recipient, reply }] })
  for (const line of dsn.toString().split('\r\n')) {
    assert.ok(Buffer.byteLength(line) <= 998)
    assert.doesNotMatch(line, /\p{Cc}/u)
  }
})
