import { causeOf, type Cause } from '@posthouse/smtp/reply-cause'
import type { QueueItem, QueuePause, RemoteReply } from '@posthouse/store'
import { kind, type ItemOf } from '../output/kind.ts'
import { dateTime, integer, orNull, string } from '../output/shape.ts'
import { spanText } from './span-text.ts'

/** A recipient's fields, apart from those of the message. */
export const recipientShapes = {
  n: integer,
  state: string,
  submitted: dateTime,
  age: string,
  to: string,
  size: integer,
  origin: string,
  tries: integer,
  nextAt: orNull(dateTime),
  next: string,
  answer: orNull(string),
  cause: orNull(string),
  code: orNull(integer),
  enhanced: orNull(string),
  host: orNull(string),
  text: orNull(string),
  heldBy: orNull(string),
  heldBecause: orNull(string),
  rule: orNull(integer),
} as const

/** What `queue list` shows. */
export const queuedRecipientKind = kind(
  'QueuedRecipient',
  'a recipient of a message in the queue',
  {
    id: string,
    from: string,
    ...recipientShapes,
  },
)

/** Columns of a list for people. */
export const queueColumns = ['id', 'age', 'from', 'to', 'tries', 'next', 'answer'] as const

/** Destinations that are paused, to say so where it is asked when something is tried next. */
export type Pauses = readonly QueuePause[]

/** One recipient as it is listed. */
export function queueItem(
  item: QueueItem,
  pauses: Pauses,
  now: Date,
): ItemOf<typeof queuedRecipientKind> {
  const { queueId, n, state, sender, address, size, submittedAt, attempts, nextAt, last } = item
  return {
    id: queueId,
    fields: {
      id: queueId,
      n,
      state,
      submitted: submittedAt.toISOString(),
      age: spanText(now.getTime() - submittedAt.getTime()),
      from: sender === '' ? '<>' : sender,
      to: address,
      size,
      origin: item.origin,
      tries: attempts,
      nextAt: nextAt?.toISOString() ?? null,
      next: nextText(item, pauses, now),
      answer: answerText(item),
      cause: last === undefined ? null : causeFor(last).id,
      code: last?.code ?? null,
      enhanced: last?.enhanced ?? null,
      host: last?.host ?? null,
      text: last?.text ?? null,
      heldBy: item.hold?.by ?? null,
      heldBecause: item.hold?.because ?? null,
      rule: item.hold?.rule ?? null,
    },
  }
}

/** When it is tried next, in a word or two. */
export function nextText(item: QueueItem, pauses: Pauses, now: Date): string {
  switch (item.state) {
    case 'held':
    case 'delivered':
    case 'bounced':
    case 'dropped':
      return '-'
    case 'active':
      return 'now'
    case 'waiting': {
      if (pauseOf(item.destination, pauses) !== undefined) return 'paused'
      const ms = (item.nextAt?.getTime() ?? 0) - now.getTime()
      return ms <= 0 ? 'now' : `in ${spanText(ms)}`
    }
  }
}

/** The pause that a destination lies under, everything's first. */
export function pauseOf(destination: string, pauses: Pauses): QueuePause | undefined {
  return (
    pauses.find((pause) => pause.destination === undefined) ??
    pauses.find((pause) => pause.destination === destination)
  )
}

/** Why it is where it is: who holds it, else what was answered last. */
function answerText(item: QueueItem): string | null {
  if (item.hold !== undefined) return holdText(item)
  return item.last === undefined ? null : lastText(item.last)
}

/** `held by rule 3: ask legal`. */
export function holdText({ hold }: QueueItem): string {
  if (hold === undefined) return 'not held'
  const who = {
    operator: 'held by an operator',
    rule: `held by rule ${hold.rule ?? '?'}`,
    account: 'held because its account is under suspicion',
    delivery: 'held by delivery',
  }[hold.by]
  return hold.because === '' ? who : `${who}: ${hold.because}`
}

/** A remote answer in plain words, with its code. */
export function lastText(last: RemoteReply): string {
  const code = last.enhanced ?? last.code
  return `${causeFor(last).say}${code === undefined ? '' : ` (${code})`}`
}

/** What a remote answer means. */
export function causeFor({ host, code, enhanced, text }: RemoteReply): Cause {
  const answer = { code: code ?? 451, text }
  return causeOf(enhanced === undefined ? answer : { ...answer, enhanced }, host)
}

/** `1 recipient`, `2,000 recipients`. */
export function countText(count: number, what: string): string {
  return `${count.toLocaleString('en-US')} ${what}${count === 1 ? '' : 's'}`
}
