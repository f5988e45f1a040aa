import type { MailLike, TraceQuery, TraceSubject } from '@posthouse/store'
import { CliError } from '../cli-error.ts'
import { parseMoment } from './parse-quantity.ts'
import { limitOf } from './list-bounds.ts'

/** More than anybody reads. */
const mostSteps = 100_000

/** What the filter does with mail. */
const actions = ['deliver', 'tag', 'junk', 'quarantine', 'defer', 'reject'] as const

/** Which steps are asked for, as the command line says it. */
export interface TraceSelection {
  readonly from?: string | undefined
  readonly to?: string | undefined
  readonly subject?: string | undefined
  readonly verdict?: string | undefined
  readonly since?: string | undefined
  readonly until?: string | undefined
  readonly limit: string
  readonly follow?: boolean | undefined
}

/** The look-up that a command line asks for. */
export function queryOf(what: string | undefined, options: TraceSelection): TraceQuery {
  const { since, until, follow } = options
  const subject = what === undefined ? mailOf(options) : subjectOf(what, options)
  const begin = since !== undefined ? momentOf(since) : undefined
  // All mail there is has no beginning: what comes from now on is what is to be followed.
  const now = follow === true && what === undefined ? new Date() : undefined
  const from = begin ?? now
  return {
    subject,
    limit: limitOf(options.limit, mostSteps, 'steps', 'trace.limit'),
    ...(from !== undefined && { since: from }),
    ...(until !== undefined && { until: momentOf(until) }),
  }
}

function subjectOf(what: string, options: TraceSelection): TraceSubject {
  const { from, to, subject, verdict } = options
  if ([from, to, subject, verdict].some((one) => one !== undefined)) {
    const hint = 'posthouse trace --from A --to B --subject WORDS --verdict junk'
    throw new CliError('usage', 'trace.both', `Give "${what}", or what mail is like`, hint)
  }
  if (what.startsWith('<') && what.endsWith('>')) return { by: 'message-id', id: what }
  if (what.includes('@')) return { by: 'address', address: what }
  if (/^[0-9A-Za-z]{26}$|^[0-9a-fA-F-]{36}$/.test(what)) return { by: 'queue-id', id: what }
  const hint = 'an address, a Message-ID in <>, the 26 characters of a queue id, or --subject WORDS'
  throw new CliError('usage', 'trace.subject', `"${what}" is nothing that can be traced`, hint)
}

function mailOf({ from, to, subject, verdict, since, until, follow }: TraceSelection) {
  const action = actions.find((one) => one === verdict)
  if (verdict !== undefined && action === undefined) {
    const hint = `one of ${actions.join(', ')}`
    throw new CliError('usage', 'trace.verdict', `"${verdict}" is no verdict`, hint)
  }
  const like: MailLike = {
    ...(from !== undefined && { sender: from === '<>' ? '' : from }),
    ...(to !== undefined && { recipient: to }),
    ...(subject !== undefined && { subject }),
    ...(action !== undefined && { action }),
  }
  const isBounded = since !== undefined || until !== undefined || follow === true
  if (Object.keys(like).length === 0 && !isBounded) {
    const hint =
      'an address, a <Message-ID>, a queue id; or --from, --to, --subject, --verdict, --since'
    throw new CliError('usage', 'trace.nothing', 'Say what is to be traced', hint)
  }
  return { by: 'mail', ...like } as const
}

function momentOf(text: string): Date {
  const moment = parseMoment(text, new Date())
  if (moment !== undefined) return moment
  throw new CliError('usage', 'trace.time', `"${text}" is no time`, 'write 12h, 3d or 2030-12-31')
}
