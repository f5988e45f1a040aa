import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import {
  buildDsn,
  type DeliveryReport,
  type DsnAction,
  type DsnRecipient,
  formatDateTime,
  indexMessage,
} from '@posthouse/message'
import { allCauses, type Cause } from '@posthouse/smtp'
import { absent, runProgram } from './house/run-program.ts'

const skip = absent('python3')
const script = fileURLToPath(new URL('house/report-fields.py', import.meta.url))
const at = new Date('2026-03-04T05:06:07Z')
const actions: readonly DsnAction[] = ['failed', 'delayed', 'delivered', 'relayed', 'expanded']
const reply = '550 5.1.1 Nö, \u202enot here\r\nBcc: evil@example.test \0\x1b[2J'
const shown = '550 5.1.1 Nö, \u202enot here Bcc: evil@example.test [2J'
// A report that is not international holds nothing beyond ASCII in its fields (RFC 3464 §2.1, RFC 6533 §3).
const shownInAscii = shown.replace('ö', '\\x{F6}').replace('\u202e', '\\x{202E}')

/** What the reader is to find, beside the octets. */
interface Case {
  readonly name: string
  readonly octets: string
  readonly international: boolean
  readonly returned: string
  readonly top: Readonly<Record<string, string>>
  readonly opening: string
  readonly message: Readonly<Record<string, string>>
  readonly recipients: readonly Readonly<Record<string, string>>[]
}

function recipientOf(cause: Cause, action: DsnAction, address: string): DsnRecipient {
  return {
    address,
    original: 'rfc822;asked@there.test',
    action,
    status: action === 'failed' ? '5.1.1' : '4.4.1',
    remoteMta: 'mx.there.test',
    reply,
    explanation: cause.say,
    advice: cause.next,
    lastAttempt: at,
    ...(action === 'delayed' ? { retryUntil: at } : {}),
  }
}

function fieldsOf(recipient: DsnRecipient, isInternational: boolean): Record<string, string> {
  return {
    'Original-Recipient': 'rfc822;asked@there.test',
    'Final-Recipient': `${isInternational ? 'utf-8' : 'rfc822'}; ${recipient.address}`,
    Action: recipient.action,
    Status: recipient.status,
    'Remote-MTA': 'dns; mx.there.test',
    'Diagnostic-Code': `smtp; ${isInternational ? shown : shownInAscii}`,
    'Last-Attempt-Date': formatDateTime(at),
    ...(recipient.retryUntil === undefined ? {} : { 'Will-Retry-Until': formatDateTime(at) }),
  }
}

function caseOf(cause: Cause, action: DsnAction, isInternational: boolean): Case {
  const addresses = [isInternational ? 'jürgen@there.test' : 'bob@there.test', 'x@y.test']
  const recipients = addresses.map((address) => recipientOf(cause, action, address))
  const returns = action === 'failed' ? 'full' : 'headers'
  const octets = Buffer.from(
    'From: ada@example.test\r\nSubject: =?utf-8?Q?gr=C3=BCn?=\r\n\r\nx\r\n',
  )
  const report: DeliveryReport = {
    reportingMta: 'mail.example.test',
    from: 'postmaster@example.test',
    to: 'ada@example.test',
    messageId: '<1@mail.example.test>',
    date: at,
    boundary: 'report-01ABC',
    envelopeId: 'QQ314159',
    arrival: at,
    recipients,
    original: { octets, header: indexMessage(octets).header },
    returns,
    international: false,
  }
  const failed = ` Why: ${cause.say} What to do: ${cause.next}`
  return {
    name: `${cause.id}, ${action}${isInternational ? ', international' : ''}`,
    octets: buildDsn(report).toString('base64'),
    international: isInternational,
    returned: returnedType(returns, isInternational),
    top: {
      From: 'Mail delivery <postmaster@example.test>',
      To: 'ada@example.test',
      Date: formatDateTime(at),
      Subject: `${subjects[action]}: grün`,
      'Message-ID': '<1@mail.example.test>',
      'Auto-Submitted': 'auto-replied',
      'MIME-Version': '1.0',
    },
    opening: `<${addresses[0] ?? ''}>, where mail to <asked@there.test> goes and 1 more, named below.${action === 'failed' ? failed : ''}`,
    message: {
      'Reporting-MTA': 'dns; mail.example.test',
      'Original-Envelope-Id': 'QQ314159',
      'Arrival-Date': formatDateTime(at),
    },
    recipients: recipients.map((recipient) => fieldsOf(recipient, isInternational)),
  }
}

function returnedType(returns: 'full' | 'headers', isInternational: boolean): string {
  if (returns === 'full') return isInternational ? 'message/global' : 'message/rfc822'
  return isInternational ? 'message/global-headers' : 'text/rfc822-headers'
}

const subjects: Readonly<Record<DsnAction, string>> = {
  failed: 'Not delivered',
  delayed: 'Not delivered yet',
  delivered: 'Delivered',
  relayed: 'Passed on',
  expanded: 'Delivered to a list',
}

test("Python's email package reads every report, field by field", { skip }, async () => {
  const cases = allCauses.flatMap((cause) =>
    actions.flatMap((action) => [caseOf(cause, action, false), caseOf(cause, action, true)]),
  )
  const ended = await runProgram('python3', [script], { input: JSON.stringify(cases) })
  assert.equal(ended.code, 0, ended.stdout + ended.stderr)
  assert.equal(ended.stdout.trim(), `${cases.length} reports agree`)
})
