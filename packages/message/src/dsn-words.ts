import type { DeliveryReport, DsnAction, DsnRecipient } from './dsn.ts'
import { formatDateTime } from './date-time.ts'
import { advice, meaning } from './dsn-meanings.ts'
import { headerValue, wrap } from './header-line.ts'

/** The report's subject: what became of the message, and which it was. */
export function subjectOf(report: DeliveryReport, subject: string | undefined): string {
  const what = SUBJECTS[worst(report.recipients)]
  const [first] = report.recipients
  const which = headerValue(subject ?? '').slice(0, MAX_SUBJECT)
  if (which !== '') return `${what}: ${which}`
  return first === undefined ? what : `${what}: ${headerValue(first.address)}`
}

/**
 * The part that people read. Its first lines say whom it is about, why, and what to do; then come the hosts' own words,
 * quoted, and who it is that writes. Recipients with the same fate are told of together.
 */
export function plainWords(report: DeliveryReport): string[] {
  const groups = ORDER.flatMap((action) =>
    alike(report.recipients.filter((recipient) => recipient.action === action)),
  )
  const lines = groups.flatMap((group, at) => [...(at === 0 ? [] : ['']), ...groupWords(group)])
  return [...lines, '', ...signature(report)]
}

/** Those of whom the same is to be said. */
function alike(recipients: readonly DsnRecipient[]): readonly (readonly DsnRecipient[])[] {
  const groups = new Map<string, DsnRecipient[]>()
  for (const recipient of recipients) {
    const key = JSON.stringify([why(recipient), whatToDo(recipient)])
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [recipient])
    else group.push(recipient)
  }
  return [...groups.values()]
}

function groupWords(group: readonly DsnRecipient[]): string[] {
  const [first, ...others] = group
  if (first === undefined) return []
  const more = others.length === 0 ? '' : ` and ${others.length} more, named below`
  const reason = why(first)
  return [
    `${OPENINGS[first.action]} <${headerValue(first.address)}>${passedOn(first)}${more}.`,
    ...(reason === undefined ? [] : wrap(`Why: ${plain(reason)}`, WIDTH)),
    ...wrap(`What to do: ${plain(whatToDo(first))}`, WIDTH),
    ...(others.length === 0 ? said(first) : group.flatMap(named)),
  ]
}

/** Whom the sender wrote to, where that is somebody else: they may never have heard of where it leads. */
function passedOn({ address, original = '' }: DsnRecipient): string {
  const asked = /^(?:rfc822|utf-8);\s*(.+)$/is.exec(original)?.[1]
  if (asked === undefined || asked.toLowerCase() === address.toLowerCase()) return ''
  return `, where mail to <${headerValue(asked)}> goes`
}

function named(recipient: DsnRecipient): string[] {
  return [
    '',
    `  <${headerValue(recipient.address)}>`,
    ...said(recipient).filter((line) => line !== ''),
  ]
}

/** What we have to add, and what the host said, word by word. */
function said({ remark, reply, remoteMta }: DsnRecipient): string[] {
  const host = remoteMta === undefined ? 'The other server' : headerValue(remoteMta)
  return [
    ...(remark === undefined ? [] : ['', ...indented(plain(remark))]),
    ...(reply === undefined ? [] : ['', ...indented(`${host} said: ${quoted(reply)}`)]),
  ]
}

function why(recipient: DsnRecipient): string | undefined {
  const { action, explanation, status } = recipient
  if (action !== 'failed' && action !== 'delayed') return explanation
  return explanation ?? meaning(status)
}

function whatToDo(recipient: DsnRecipient): string {
  const { action, retryUntil } = recipient
  if (action === 'failed') return recipient.advice ?? advice(recipient.status)
  if (action !== 'delayed') return NOTHING[action]
  if (retryUntil === undefined) return NOTHING.delayed
  return `${NOTHING.delayed} It is tried until ${formatDateTime(retryUntil)}; you are told if it fails.`
}

function signature({ reportingMta, recipients }: DeliveryReport): string[] {
  const attached = recipients.some(({ action }) => action === 'failed')
    ? ' It will not try again. The message, or its header, is attached.'
    : ''
  return wrap(`This is the mail server ${headerValue(reportingMta)}.${attached}`, WIDTH)
}

function indented(text: string): string[] {
  return wrap(text, WIDTH - 4).map((line) => `    ${line}`)
}

/** A stranger's words: no controls, nothing that turns the direction of writing or hides, not without end. */
function quoted(text: string): string {
  const clean = plain(text)
  return clean.length > MAX_QUOTED ? `${clean.slice(0, MAX_QUOTED)} …` : clean
}

function plain(text: string): string {
  return headerValue(text).replace(/\p{Cf}/gu, '')
}

function worst(recipients: readonly DsnRecipient[]): DsnAction {
  return (
    ORDER.find((action) => recipients.some((recipient) => recipient.action === action)) ?? 'failed'
  )
}

const WIDTH = 76
const MAX_SUBJECT = 250
const MAX_QUOTED = 600
const ORDER: readonly DsnAction[] = ['failed', 'delayed', 'delivered', 'relayed', 'expanded']

const SUBJECTS: Readonly<Record<DsnAction, string>> = {
  failed: 'Not delivered',
  delayed: 'Not delivered yet',
  delivered: 'Delivered',
  relayed: 'Passed on',
  expanded: 'Delivered to a list',
}

const OPENINGS: Readonly<Record<DsnAction, string>> = {
  failed: 'Your message was not delivered to',
  delayed: 'Your message has not been delivered yet to',
  delivered: 'Your message was delivered to',
  relayed: 'Your message was passed on to a server that sends no confirmations, for',
  expanded: 'Your message was passed on to all members of the list',
}

const NOTHING: Readonly<Record<Exclude<DsnAction, 'failed'>, string>> = {
  delayed: 'nothing, and do not send it again.',
  delivered: 'nothing. You asked to be told.',
  relayed: 'nothing. You will hear of it again only if it fails.',
  expanded: 'nothing. You will hear of it again only if it fails.',
}
