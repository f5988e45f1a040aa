import { type Cause, causeNamed, causeOf, reply } from '@posthouse/smtp'
import type { TraceStep } from '@posthouse/store'

/** How a step is put into words. */
export interface Telling {
  /** Every sign that the filter found, not the heaviest only. */
  readonly isWhole: boolean
  /** How a moment is written. */
  readonly time: (at: Date) => string
}

/** Signs of the filter in a line for a terminal. */
const heaviest = 6

/** What a host meant by not taking it; undefined for what is no failed attempt. */
export function causeFor({ kind, details }: TraceStep): Cause | undefined {
  if (kind === 'unknown') return causeNamed('perhaps-arrived')
  if (kind !== 'deferred' && kind !== 'bounced') return undefined
  const { host, code, enhanced, text } = details
  const answer = reply(
    typeof code === 'number' ? code : 451,
    typeof enhanced === 'string' ? enhanced : undefined,
    typeof text === 'string' ? text : '',
  )
  return causeOf(answer, typeof host === 'string' ? host : undefined)
}

/** What a step was, in one line. */
export function lineOf(step: TraceStep, telling: Telling): string {
  const { kind, address, mailbox = 'a mailbox that is gone', details } = step
  const place =
    `${address === undefined ? '' : `${address} `}${mailbox} ${uidsText(step)}`.trimEnd()
  switch (kind) {
    case 'delivered':
      return `${place}${whyText(details)}${askedText(details)}${originText(details, telling)}`
    case 'appended':
      return `${place}${originText(details, telling)}`
    case 'filtered':
      return filterText(details, telling)
    case 'refused':
      return `for ${address ?? listText(details['recipients'])}${originText(details, telling)}: ${replyText(details)}`
    case 'quarantined':
      return `kept aside for ${words(details['to'])} (${words(details['reason'])})${originText(details, telling)}: posthouse quarantine show ${words(details['quarantine'])}`
    case 'discarded':
      return `${address ?? ''} erased from the quarantine, by an operator`.trimStart()
    case 'queued':
      return `${address === undefined ? '' : `${address} `}for ${listText(details['recipients'])}${originText(details, telling)}`
    case 'fetched':
      return place + fetchText(details, telling)
    case 'copied':
    case 'moved':
      return `${place} to ${words(details['to'])}, UIDs from ${words(details['first'])}`
    case 'flagged':
      return `${place} ${['set', 'add', 'remove'].flatMap((op) => changeText(op, details[op])).join(' ')}`
    case 'sent':
    case 'deferred':
    case 'bounced':
    case 'unknown':
      return attemptText(details, telling) + meaningText(step)
    case 'retried':
    case 'held':
    case 'released':
    case 'redirected':
    case 'dropped':
      return commandText(details)
    default:
      return place
  }
}

/** How it came; its Message-ID where all is to be said. */
function originText(details: TraceStep['details'], { isWhole }: Telling): string {
  const parts = [
    details['sender'] === undefined ? '' : ` from <${words(details['sender'])}>`,
    details['door'] === undefined ? '' : ` via ${words(details['door'])}`,
    details['about'] === undefined ? '' : ` about ${words(details['about'])}`,
    details['client'] === undefined ? '' : ` from ${words(details['client'])}`,
    details['helo'] === undefined ? '' : ` (${words(details['helo'])})`,
    details['tls'] === undefined ? '' : ` ${words(details['tls'])}`,
    details['subject'] === undefined ? '' : `, "${words(details['subject'])}"`,
    details['size'] === undefined ? '' : `, ${words(details['size'])} octets`,
    details['messageId'] === undefined || !isWhole ? '' : `, ${words(details['messageId'])}`,
  ]
  return parts.join('')
}

/** `junk (6.4 points): spf=pass dmarc=none, BAYES_SPAM 3.5, DATE_FAR_AWAY 1.2`. */
function filterText(details: TraceStep['details'], { isWhole }: Telling): string {
  const { action, points, reason, authentication, findings } = details
  const why = reason === undefined ? '' : `, ${words(reason)}`
  const all = Array.isArray(findings) ? findings.map(words) : []
  const shown = isWhole ? all : all.slice(0, heaviest)
  const left = all.length - shown.length
  const proofs = Array.isArray(authentication) ? [authentication.map(words).join(' ')] : []
  const signs = [...proofs, ...shown, ...(left > 0 ? [`${left} more (--full)`] : [])].join(', ')
  return `${words(action)} (${words(points)} points${why})${signs === '' ? '' : `: ${signs}`}`
}

/** Over what, and between which moments: clients come back, and fetch again. */
function fetchText({ by, from, until }: TraceStep['details'], { time }: Telling): string {
  if (typeof by !== 'string' || typeof from !== 'string' || typeof until !== 'string') return ''
  const [first, last] = [time(new Date(from)), time(new Date(until))]
  return ` over ${by.toUpperCase()}, ${first === last ? `at ${first}` : `from ${first} to ${last}`}`
}

/** The address that it was for, where it is not the account's own. */
function askedText({ to }: TraceStep['details']): string {
  return to === undefined ? '' : ` for ${words(to)}`
}

/** Why a copy is elsewhere than the verdict says. */
function whyText({ because }: TraceStep['details']): string {
  return because === undefined ? '' : ` (${words(because)})`
}

/** By whom and why; events of older versions were all an operator's. */
function commandText({ to, by, rule, because }: TraceStep['details']): string {
  const who =
    by === 'rule' ? `rule ${words(rule)}` : by === 'account' ? 'a suspicion' : 'an operator'
  return `to ${words(to)}, by ${who}${because === undefined ? '' : `: ${words(because)}`}`
}

function replyText(details: TraceStep['details']): string {
  const parts = [details['code'], details['enhanced'], details['text']]
  return parts
    .filter((part) => part !== undefined)
    .map(words)
    .join(' ')
}

function attemptText(details: TraceStep['details'], { time }: Telling): string {
  const host = details['host'] === undefined ? '' : `${words(details['host'])}  `
  const due = details['next']
  const next = typeof due === 'string' ? `, next ${time(new Date(due))}` : ''
  const tls = details['tls'] === undefined ? '' : `${words(details['tls'])}  `
  return `to ${words(details['to'])}  ${host}${tls}${replyText(details)}   attempt ${words(details['attempt'])}${next}`
}

/** For who does not know the codes. */
function meaningText(step: TraceStep): string {
  const cause = causeFor(step)
  return cause === undefined ? '' : `. ${cause.say}`
}

function changeText(op: string, flags: unknown): readonly string[] {
  return Array.isArray(flags) && (flags.length > 0 || op === 'set')
    ? [`${op} (${flags.map(words).join(' ')})`]
    : []
}

function listText(list: unknown): string {
  return Array.isArray(list) ? list.map(words).join(', ') : ''
}

/** `3,7:9`. */
export function uidsText({ uids }: TraceStep): string {
  const ranges = uids.map(([first, last]) => (first === last ? `${first}` : `${first}:${last}`))
  return ranges.join(',')
}

/** A stranger's words on one line. */
export function words(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return text.replaceAll(/\s+/g, ' ')
}
