import type { DeliveryReport, DsnAction, DsnRecipient } from './dsn.ts'
import { formatDateTime } from './date-time.ts'
import { headerValue, wrap } from './header-line.ts'

/** The report's subject. */
export function subjectOf({ recipients }: DeliveryReport): string {
  const action = worst(recipients)
  const [first] = recipients
  if (first === undefined || recipients.length > 1) return SUBJECTS[action]
  return `${SUBJECTS[action]}: ${headerValue(first.address)}`
}

/** The part that people read: what happened, to whom, why, and what to do. */
export function plainWords(report: DeliveryReport): string[] {
  const groups = ORDER.map((action) => ({
    action,
    recipients: report.recipients.filter((recipient) => recipient.action === action),
  }))
  const lines = [`This is the mail server ${headerValue(report.reportingMta)}.`]
  for (const { action, recipients } of groups) {
    if (recipients.length === 0) continue
    lines.push('', ...wrap(OPENINGS[action], WIDTH))
    for (const recipient of recipients) lines.push('', ...recipientWords(recipient))
    lines.push('', ...wrap(advice(action, recipients), WIDTH))
  }
  return lines
}

function recipientWords(recipient: DsnRecipient): string[] {
  const lines = [`  <${headerValue(recipient.address)}>`]
  if (recipient.action !== 'failed' && recipient.action !== 'delayed') return lines
  const why =
    recipient.explanation ?? MEANINGS.get(recipient.status) ?? GENERAL.get(subjectDigit(recipient))
  if (why !== undefined) lines.push(...indented(why))
  if (recipient.reply !== undefined) {
    const host =
      recipient.remoteMta === undefined ? 'The other server' : headerValue(recipient.remoteMta)
    lines.push(...indented(`${host} said: ${headerValue(recipient.reply)}`))
  }
  return lines
}

function indented(text: string): string[] {
  return wrap(headerValue(text), WIDTH - 4).map((line) => `    ${line}`)
}

function advice(action: DsnAction, recipients: readonly DsnRecipient[]): string {
  if (action !== 'delayed') return ADVICE[action]
  const until = recipients
    .map((recipient) => recipient.retryUntil)
    .find((date) => date !== undefined)
  return until === undefined
    ? ADVICE.delayed
    : `${ADVICE.delayed} It is tried until ${formatDateTime(until)}; if it cannot be delivered by then, you are told.`
}

/** The second digit of the status code names what it is about (RFC 3463 §2). */
function subjectDigit(recipient: DsnRecipient): string {
  return recipient.status.split('.')[1] ?? ''
}

function worst(recipients: readonly DsnRecipient[]): DsnAction {
  return (
    ORDER.find((action) => recipients.some((recipient) => recipient.action === action)) ?? 'failed'
  )
}

const WIDTH = 72
const ORDER: readonly DsnAction[] = ['failed', 'delayed', 'delivered', 'relayed', 'expanded']

const SUBJECTS: Readonly<Record<DsnAction, string>> = {
  failed: 'Not delivered',
  delayed: 'Not delivered yet',
  delivered: 'Delivered',
  relayed: 'Passed on',
  expanded: 'Delivered to a list',
}

const OPENINGS: Readonly<Record<DsnAction, string>> = {
  failed: 'Your message could not be delivered to:',
  delayed: 'Your message has not been delivered yet to:',
  delivered: 'Your message was delivered to:',
  relayed: 'Your message was passed on to a server that sends no confirmations, for:',
  expanded: 'Your message was delivered to a list, which passes it on:',
}

const ADVICE: Readonly<Record<DsnAction, string>> = {
  failed: 'It will not be tried again. The message, or its header, is attached.',
  delayed: 'You do not need to do anything, and should not send it again.',
  delivered: 'You asked to be told.',
  relayed: 'You will hear of it again only if it fails.',
  expanded: 'You will hear of it again only if it fails.',
}

/** What the common codes mean (RFC 3463, RFC 5248, RFC 7505), for people. */
const MEANINGS: ReadonlyMap<string, string> = new Map([
  ['5.1.1', 'There is no mailbox with this address. Check the spelling.'],
  ['5.1.2', 'The part after the @ is no domain that receives mail. Check the spelling.'],
  ['5.1.3', 'This is not a valid address. Check the spelling.'],
  ['5.1.10', 'The domain says that it receives no mail at all.'],
  ['5.2.1', 'The mailbox is disabled and receives no mail.'],
  ['5.2.2', 'The mailbox is full.'],
  ['5.2.3', 'The message is larger than this mailbox accepts.'],
  ['5.3.4', 'The message is larger than the other server accepts.'],
  ['5.4.6', 'The mail for this address goes round in a circle between servers.'],
  ['5.4.7', 'The other server could not be reached, or kept putting us off, for too long.'],
  ['5.6.3', 'The message holds 8-bit text, which the other server does not accept.'],
  [
    '5.6.7',
    'The address or the header is written in Unicode, which the other server does not accept.',
  ],
  ['5.7.1', 'The other server refuses this message by its own rules.'],
])

const GENERAL: ReadonlyMap<string, string> = new Map([
  ['1', 'Something is wrong with the address.'],
  ['2', 'The mailbox does not accept the message.'],
  ['3', 'The other mail system cannot take the message.'],
  ['4', 'The other server cannot be reached, or is not ready.'],
  ['6', 'The other server cannot handle this kind of content.'],
  ['7', 'The other server refuses the message by its own rules.'],
])
