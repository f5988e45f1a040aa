import { isAscii } from 'node:buffer'
import { formatDateTime } from './date-time.ts'
import { plainWords, subjectOf } from './dsn-words.ts'
import { eachField, fieldValue } from './header-fields.ts'
import { foldLine, headerValue } from './header-line.ts'
import { sliceSpan, type Span } from './span.ts'
import { decodeWords, encodeWords } from './words.ts'

/** What happened to one recipient (RFC 3464 §2.3.3). */
export type DsnAction = 'failed' | 'delayed' | 'delivered' | 'relayed' | 'expanded'

/** One recipient of the message that is reported on. */
export interface DsnRecipient {
  /** The address the server tried. */
  readonly address: string
  /** ORCPT, decoded from xtext: `rfc822;ada@example.test` (RFC 3461 §4.2). */
  readonly original?: string
  readonly action: DsnAction
  /** Enhanced status code `5.1.1` (RFC 3463). */
  readonly status: string
  /** Host that gave the reply. */
  readonly remoteMta?: string
  /** That host's reply, as it came: `550 5.1.1 No such user`. */
  readonly reply?: string
  /** Why, in one plain sentence; by the status where it is not given. */
  readonly explanation?: string
  /** What the sender can do about a failure, in one plain sentence; by the status where it is not given. */
  readonly advice?: string
  /** What else there is to say, in our own words. */
  readonly remark?: string
  readonly lastAttempt?: Date
  /** Until when a delayed message is tried (Will-Retry-Until). */
  readonly retryUntil?: Date
}

/** A delivery status notification to be made. */
export interface DeliveryReport {
  /** Our host name (Reporting-MTA). */
  readonly reportingMta: string
  /** Address that the report comes from; its envelope sender is null all the same. */
  readonly from: string
  /** The sender of the message, who gets the report. */
  readonly to: string
  readonly messageId: string
  readonly date: Date
  /** A boundary that occurs nowhere in the message; characters of a MIME token only. */
  readonly boundary: string
  /** ENVID of the message, decoded (RFC 3461 §4.4). */
  readonly envelopeId?: string
  readonly queueId?: string
  /** When the message came to us. */
  readonly arrival?: Date
  readonly recipients: readonly DsnRecipient[]
  readonly original: {
    readonly octets: Buffer
    readonly header: Span
  }
  /** RET: the whole message, or its header alone (RFC 3461 §4.3). */
  readonly returns: 'full' | 'headers'
  /** The message was sent with SMTPUTF8: its header may be UTF-8 (RFC 6533). */
  readonly international: boolean
}

/**
 * Makes a delivery status notification: a multipart/report (RFC 6522) whose first part says in
 * plain words what happened and what to do, then the fields for machines (RFC 3464), then the
 * message or its header. Addresses or headers in UTF-8 make it international (RFC 6533 §4, §6).
 * Nothing that comes from outside can break a line: controls in values become spaces.
 */
export function buildDsn(report: DeliveryReport): Buffer {
  const isInternational = report.international || hasWideAddress(report)
  const status = isInternational ? 'global-delivery-status' : 'delivery-status'
  const parts = [
    part('text/plain; charset=utf-8', Buffer.from(plainWords(report).join('\r\n'))),
    part(`message/${status}`, Buffer.from(statusFields(report, isInternational).join('\r\n'))),
    part(returnedType(report.returns, isInternational), returned(report)),
  ]
  const delimiter = `\r\n--${report.boundary}`
  return Buffer.concat([
    Buffer.from([...topHeader(report), ...encodingOf(Buffer.concat(parts)), ''].join('\r\n')),
    ...parts.flatMap((octets) => [Buffer.from(`${delimiter}\r\n`), octets]),
    Buffer.from(`${delimiter}--\r\n`),
  ])
}

function part(type: string, body: Buffer): Buffer {
  const header = [`Content-Type: ${type}`, ...encodingOf(body), '', ''].join('\r\n')
  return Buffer.concat([Buffer.from(header), body])
}

/** What holds 8-bit octets says so, and so does what holds it (RFC 2045 §6.4). */
function encodingOf(octets: Buffer): string[] {
  return isAscii(octets) ? [] : ['Content-Transfer-Encoding: 8bit']
}

function topHeader(report: DeliveryReport): string[] {
  return [
    `Date: ${formatDateTime(report.date)}`,
    `From: Mail delivery <${headerValue(report.from)}>`,
    `To: <${headerValue(report.to)}>`,
    ...foldLine(`Subject: ${encodeWords(subjectOf(report, originalSubject(report)))}`),
    `Message-ID: ${headerValue(report.messageId)}`,
    // RFC 3834 §5: nobody's autoresponder answers this.
    'Auto-Submitted: auto-replied',
    'MIME-Version: 1.0',
    'Content-Type: multipart/report; report-type=delivery-status;',
    ` boundary="${report.boundary}"`,
  ]
}

function originalSubject({ original: { octets, header } }: DeliveryReport): string | undefined {
  for (const field of eachField(octets, header)) {
    const name = octets.toString('latin1', field.start, field.nameEnd)
    if (name.toLowerCase() === 'subject') return decodeWords(fieldValue(octets, field, MAX_SUBJECT))
  }
  return undefined
}

/** Per-message fields (RFC 3464 §2.2), then a block per recipient (§2.3). */
function statusFields(report: DeliveryReport, isInternational: boolean): string[] {
  return [
    `Reporting-MTA: dns; ${headerValue(report.reportingMta)}`,
    ...optional('Original-Envelope-Id', report.envelopeId),
    ...optional('X-Queue-Id', report.queueId),
    ...optional('Arrival-Date', report.arrival && formatDateTime(report.arrival)),
    ...report.recipients.flatMap((recipient) => [
      '',
      ...recipientFields(recipient, isInternational),
    ]),
  ]
}

function recipientFields(recipient: DsnRecipient, isInternational: boolean): string[] {
  const kind = isInternational ? 'utf-8' : 'rfc822'
  const plain = (text: string | undefined) => (isInternational ? text : text && inAscii(text))
  return [
    ...optional('Original-Recipient', recipient.original),
    `Final-Recipient: ${kind}; ${headerValue(recipient.address)}`,
    `Action: ${recipient.action}`,
    `Status: ${headerValue(recipient.status)}`,
    ...optional('Remote-MTA', plain(recipient.remoteMta && `dns; ${recipient.remoteMta}`)),
    ...optional('Diagnostic-Code', plain(recipient.reply && `smtp; ${recipient.reply}`)),
    ...optional(
      'Last-Attempt-Date',
      recipient.lastAttempt && formatDateTime(recipient.lastAttempt),
    ),
    ...optional('Will-Retry-Until', recipient.retryUntil && formatDateTime(recipient.retryUntil)),
  ]
}

/** RFC 3464's fields are ASCII (§2.1); what a host said beyond it stands as RFC 6533 §3 embeds it: `\x{F6}`. */
function inAscii(text: string): string {
  return headerValue(text).replace(
    /[^\0-\x7f]/gu,
    (character) => `\\x{${(character.codePointAt(0) ?? 0).toString(16).toUpperCase()}}`,
  )
}

function optional(name: string, value: string | undefined): string[] {
  return value === undefined || value === '' ? [] : foldLine(`${name}: ${headerValue(value)}`)
}

function returnedType(returns: 'full' | 'headers', isInternational: boolean): string {
  if (returns === 'full') return isInternational ? 'message/global' : 'message/rfc822'
  return isInternational ? 'message/global-headers' : 'text/rfc822-headers'
}

function returned({ original, returns }: DeliveryReport): Buffer {
  return returns === 'full' ? original.octets : sliceSpan(original.octets, original.header)
}

function hasWideAddress(report: DeliveryReport): boolean {
  return report.recipients.some(({ address, original }) => WIDE.test(address + (original ?? '')))
}

/** Octets of a subject that are read: a longer one is cut anyway. */
const MAX_SUBJECT = 2_000
const WIDE = /[^\0-\x7f]/
