import { type Cause, causeNamed, causeOf, reply } from '@posthouse/smtp'
import type { TraceKind, TraceStep } from '@posthouse/store'
import type { Field, Item } from '../output/terminal.ts'

/** How each kind of step is called: in JSON by stage and result, for reading by a word. */
const names: Readonly<Record<TraceKind, readonly [stage: string, result: string, word: string]>> = {
  delivered: ['reception', 'delivered', 'DELIVER'],
  appended: ['mailbox', 'appended', 'APPEND'],
  copied: ['mailbox', 'copied', 'COPY'],
  moved: ['mailbox', 'moved', 'MOVE'],
  flagged: ['mailbox', 'flagged', 'FLAGS'],
  expunged: ['mailbox', 'expunged', 'EXPUNGE'],
  undeleted: ['mailbox', 'undeleted', 'UNDELETE'],
  fetched: ['mailbox', 'fetched', 'FETCH'],
  removed: ['mailbox', 'removed', 'REMOVE'],
  restored: ['mailbox', 'restored', 'RESTORE'],
  filtered: ['filter', 'judged', 'FILTER'],
  refused: ['reception', 'refused', 'REFUSE'],
  quarantined: ['reception', 'quarantined', 'ASIDE'],
  discarded: ['quarantine', 'discarded', 'DISCARD'],
  queued: ['reception', 'queued', 'QUEUE'],
  sent: ['delivery', 'sent', 'SENT'],
  deferred: ['delivery', 'defer', 'DEFER'],
  bounced: ['delivery', 'bounce', 'BOUNCE'],
  unknown: ['delivery', 'unknown', 'UNKNOWN'],
  retried: ['queue', 'retried', 'RETRY'],
  held: ['queue', 'held', 'HOLD'],
  released: ['queue', 'released', 'RELEASE'],
  redirected: ['queue', 'redirected', 'REDIRECT'],
  dropped: ['queue', 'dropped', 'DROP'],
}

/** A step's fields (cli.md, `--json` of one trace step), and in one line what it was. */
export function stepFields(step: TraceStep): Item['fields'] {
  const { at, kind, queueId, address, mailbox, uids, details } = step
  const [stage, result, word] = names[kind]
  const { host, code, enhanced, text, ...rest } = details
  const cause = causeFor(step)
  const smtp = { code: plain(code), enhanced: plain(enhanced), text: plain(text) }
  const more = Object.entries(rest).map(([name, value]) => [name, fieldOf(value)] as const)
  return {
    t: at.toISOString(),
    id: queueId ?? null,
    stage,
    result,
    ...(address !== undefined && { account: address }),
    ...(mailbox !== undefined && { mailbox }),
    ...(uids.length > 0 && { uids: uidsText(step) }),
    ...(host !== undefined && { remote: { mx: plain(host) } }),
    ...(text !== undefined && { smtp }),
    ...(cause !== undefined && { cause: cause.id, meaning: cause.say }),
    ...Object.fromEntries(more),
    step: word,
    what: lineOf(step),
  }
}

/** What a host meant by not taking it; undefined for what is no failed attempt. */
function causeFor({ kind, details }: TraceStep): Cause | undefined {
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

function plain(value: unknown): string | number | null {
  return typeof value === 'string' || typeof value === 'number' ? value : null
}

function fieldOf(value: unknown): Field {
  if (Array.isArray(value)) return value.map(words)
  return typeof value === 'boolean' ? value : plain(value)
}

function lineOf(step: TraceStep): string {
  const { kind, address, mailbox = 'a mailbox that is gone', details } = step
  const place =
    `${address === undefined ? '' : `${address} `}${mailbox} ${uidsText(step)}`.trimEnd()
  switch (kind) {
    case 'delivered':
    case 'appended':
      return `${place}${originText(details)}`
    case 'filtered':
      return filterText(details)
    case 'refused':
      return `${replyText(details)} to ${address ?? listText(details['recipients'])}${originText(details)}`
    case 'quarantined':
      return `kept aside for ${words(details['to'])} (${words(details['reason'])}), posthouse quarantine show ${words(details['quarantine'])}${originText(details)}`
    case 'discarded':
      return `${address ?? ''} erased from the quarantine, by an operator`.trimStart()
    case 'queued':
      return `for ${listText(details['recipients'])}${originText(details)}`
    case 'copied':
    case 'moved':
      return `${place} to ${words(details['to'])}, UIDs from ${words(details['first'])}`
    case 'flagged':
      return `${place} ${['set', 'add', 'remove'].flatMap((op) => changeText(op, details[op])).join(' ')}`
    case 'sent':
    case 'deferred':
    case 'bounced':
    case 'unknown':
      return attemptText(details) + meaningText(step)
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

function originText(details: TraceStep['details']): string {
  const parts = [
    details['sender'] === undefined ? '' : ` from <${words(details['sender'])}>`,
    details['door'] === undefined ? '' : ` via ${words(details['door'])}`,
    details['client'] === undefined ? '' : ` from ${words(details['client'])}`,
    details['helo'] === undefined ? '' : ` (${words(details['helo'])})`,
    details['tls'] === undefined ? '' : ` ${words(details['tls'])}`,
    details['size'] === undefined ? '' : `, ${words(details['size'])} octets`,
    details['messageId'] === undefined ? '' : `, ${words(details['messageId'])}`,
  ]
  return parts.join('')
}

/** `junk (6.4 points): BAYES_SPAM 3.5, DATE_FAR_AWAY 1.2`. */
function filterText(details: TraceStep['details']): string {
  const { action, points, reason, findings } = details
  const why = reason === undefined ? '' : `, ${words(reason)}`
  const found = listText(findings)
  return `${words(action)} (${words(points)} points${why})${found === '' ? '' : `: ${found}`}`
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

function attemptText(details: TraceStep['details']): string {
  const host = details['host'] === undefined ? '' : `${words(details['host'])}  `
  const next = details['next'] === undefined ? '' : `, next ${words(details['next'])}`
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

function uidsText({ uids }: TraceStep): string {
  const ranges = uids.map(([first, last]) => (first === last ? `${first}` : `${first}:${last}`))
  return ranges.join(',')
}

/** A stranger's words on one line. */
function words(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return text.replaceAll(/\s+/g, ' ')
}
