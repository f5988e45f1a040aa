import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildDsn, type DeliveryReport } from './dsn.ts'
import { headerFields, unfold } from './header-fields.ts'
import { indexMessage } from './mime-index.ts'
import { sliceSpan } from './span.ts'
import { decodeWords } from './words.ts'

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
  assert.equal(field(dsn, 'Subject'), 'Not delivered: hi')
  assert.equal(field(dsn, 'Auto-Submitted'), 'auto-replied')
  assert.match(
    field(dsn, 'Content-Type') ?? '',
    /^multipart\/report; report-type=delivery-status; boundary=/,
  )
  const [words, status, header] = partsOf(dsn)
  assert.equal(words?.type, 'text/plain')
  assert.equal(
    words?.text,
    [
      'Your message was not delivered to <bob@there.test>.',
      'Why: There is no mailbox with this address.',
      'What to do: Check the spelling of the address, or ask the recipient for the',
      'right one.',
      '',
      '    mx.there.test said: 550 5.1.1 No such user Bcc: injected@evil.test',
      '',
      'This is the mail server mail.example.test. It will not try again. The',
      'message, or its header, is attached.',
    ].join('\r\n'),
  )
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
  assert.match(
    words?.text ?? '',
    /What to do: nothing, and do not send it again. It is tried until Wed, 07 Jan/,
  )
  assert.match(status?.text ?? '', /Will-Retry-Until: Wed, 07 Jan 2026 00:00:00 \+0000$/)
})

test('addresses in Unicode make the report international', () => {
  const [recipient] = report.recipients
  assert.ok(recipient)
  const dsn = buildDsn({
    ...report,
    recipients: [
      { ...recipient, address: 'jürgen@there.test', original: 'utf-8;Jürgen@there.test' },
    ],
  })
  const [words, status, header] = partsOf(dsn)
  assert.match(words?.header ?? '', /8bit/)
  assert.equal(status?.type, 'message/global-delivery-status')
  assert.match(status?.text ?? '', /Final-Recipient: utf-8; jürgen@there\.test/)
  assert.equal(header?.type, 'message/global-headers')
  assert.equal(field(dsn, 'Content-Transfer-Encoding'), '8bit')
  assert.match(words?.text ?? '', /^Your message was not delivered to <jürgen@there\.test>\.\r\n/)
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

test("the subject is the message's own, decoded and encoded again; without one it is the address", () => {
  const subjects: [string, string][] = [
    ['Subject: =?iso-8859-1?Q?M=FCller?=\r\n folded\r\n', 'Not delivered: Müller folded'],
    ['sUBJECT:\tbare\r\n', 'Not delivered: bare'],
    ['Subject: =?utf-8?B?Zm9vDQpCY2M6IGV2aWw=?=\r\n', 'Not delivered: foo Bcc: evil'],
    ['Subject: \r\n', 'Not delivered: bob@there.test'],
    ['', 'Not delivered: bob@there.test'],
  ]
  for (const [line, expected] of subjects) {
    const message = Buffer.from(`From: ada@example.test\r\n${line}\r\nbody\r\n`)
    const original = { octets: message, header: indexMessage(message).header }
    const subject = field(buildDsn({ ...report, original }), 'Subject') ?? ''
    assert.equal(decodeWords(subject), expected)
  }
})

test('recipients with the same fate are told of once, each with what its host said', () => {
  const [recipient] = report.recipients
  assert.ok(recipient)
  const { original: _, ...asked } = recipient
  const dsn = buildDsn({
    ...report,
    recipients: [
      recipient,
      { ...asked, address: 'full@there.test', status: '5.2.2', reply: '552 5.2.2 Full' },
      { ...asked, address: 'rob@there.test', reply: '550 5.1.1 Never heard' },
    ],
  })
  const words = partsOf(dsn)[0]?.text.split('\r\n') ?? []
  assert.equal(
    words[0],
    'Your message was not delivered to <bob@there.test> and 1 more, named below.',
  )
  assert.ok(words.includes('  <rob@there.test>'))
  assert.ok(words.includes('    mx.there.test said: 550 5.1.1 Never heard'))
  assert.ok(words.includes('Your message was not delivered to <full@there.test>.'))
  assert.equal(words.filter((line) => line.startsWith('Why: ')).length, 2)
})

test("a host's words are quoted without what hides or turns them, and not without end", () => {
  const [recipient] = report.recipients
  assert.ok(recipient)
  const reply = `550 \u202egnp.exe\u200b\u2066 ${'x '.repeat(5_000)}`
  const text =
    partsOf(buildDsn({ ...report, recipients: [{ ...recipient, reply }] }))[0]?.text ?? ''
  assert.match(text, /said: 550 gnp\.exe x x/)
  assert.ok(text.length < 1_500)
  assert.doesNotMatch(text, /\p{Cf}/u)
})

test('of mail that was passed on the sender hears whom they wrote to', () => {
  const [recipient] = report.recipients
  assert.ok(recipient)
  const original = 'rfc822;Team@example.test'
  const dsn = buildDsn({ ...report, recipients: [{ ...recipient, original }] })
  assert.match(
    partsOf(dsn)[0]?.text ?? '',
    /^Your message was not delivered to <bob@there\.test>, where mail to <Team@example\.test> goes\.\r\n/,
  )
})
