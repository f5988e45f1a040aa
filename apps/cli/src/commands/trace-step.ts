import type { TraceKind, TraceStep } from '@posthouse/store'
import { kind, type FieldsOfKind } from '../output/kind.ts'
import {
  anything,
  dateTime,
  object,
  optional,
  orNull,
  string,
  stringOrNumber,
} from '../output/shape.ts'
import type { Field } from '../output/terminal.ts'
import { causeFor, lineOf, uidsText, words, type Telling } from './trace-words.ts'

/** A step. What else is known of it stands beside these, by the name that its kind of step gives it. */
export const traceStepKind = kind('TraceStep', 'a thing that happened to a message', {
  t: dateTime,
  id: orNull(string),
  stage: string,
  result: string,
  account: optional(string),
  mailbox: optional(string),
  uids: optional(string),
  remote: optional(object({ mx: orNull(stringOrNumber) })),
  smtp: optional(
    object({
      code: orNull(stringOrNumber),
      enhanced: orNull(stringOrNumber),
      text: orNull(stringOrNumber),
    }),
  ),
  cause: optional(string),
  meaning: optional(string),
  step: string,
  what: string,
  '*': anything,
})

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
export function stepFields(step: TraceStep, telling: Telling): FieldsOfKind<typeof traceStepKind> {
  const { at, kind: what, queueId, address, mailbox, uids, details } = step
  const [stage, result, word] = names[what]
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
    what: lineOf(step, telling),
  }
}

function plain(value: unknown): string | number | null {
  return typeof value === 'string' || typeof value === 'number' ? value : null
}

function fieldOf(value: unknown): Field {
  if (Array.isArray(value)) return value.map(words)
  return typeof value === 'boolean' ? value : plain(value)
}
