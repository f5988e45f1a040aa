import type { QueueItem } from '@posthouse/store'
import { CliError } from '../cli-error.ts'
import { terminalOf, type CommonOptions } from '../command-options.ts'
import { printable } from '../output/table.ts'
import { kind, type ItemOf } from '../output/kind.ts'
import { dateTime, integer, listOf, object, optional, orNull, string } from '../output/shape.ts'
import type { Terminal } from '../output/terminal.ts'
import {
  readableFields,
  readableLines,
  readableMessage,
  readableShapes,
} from '../reading/readable-message.ts'
import { withStore } from '../with-store.ts'
import {
  causeFor,
  holdText,
  nextText,
  pauseOf,
  queueItem,
  recipientShapes,
  type Pauses,
} from './queue-item.ts'
import { spanText } from './span-text.ts'

/** What `queue show` shows. */
const queuedMessageKind = kind('QueuedMessage', 'a message in the queue, with its recipients', {
  id: string,
  from: string,
  size: integer,
  submitted: dateTime,
  age: string,
  origin: string,
  priority: orNull(integer),
  recipients: listOf(object(recipientShapes)),
  content: optional(string),
  ...readableShapes,
})

/** A header of a megabyte is for nobody's eyes. */
const mostHeaderBytes = 64 * 1024

/** What is shown of a message. */
export interface QueueShowOptions extends CommonOptions {
  readonly headers?: boolean | undefined
  readonly body?: boolean | undefined
  readonly text?: boolean | undefined
}

/** `posthouse queue show ID`. */
export async function showQueued(id: string, options: QueueShowOptions): Promise<void> {
  const terminal = terminalOf(options)
  await withStore(options, async (store) => {
    const [items, pauses] = await Promise.all([store.queue.show(id), store.queue.pauses()])
    const [first] = items
    if (first === undefined) {
      const hint =
        'posthouse queue list; what has ended is kept for a week, then see posthouse trace'
      throw new CliError('notFound', 'queue.not_found', `Nothing is queued under ${id}`, hint)
    }
    const octets = (await store.queue.contents([first.queueId])).get(first.queueId)
    const content = contentOf(octets, options)
    const isRead = octets !== undefined && options.text === true
    const readable = isRead ? await readableMessage(octets) : undefined
    const item = messageItem(first, items, pauses)
    if (!terminal.isTalking) {
      const more = { ...(content !== undefined && { content }), ...readableFields(readable) }
      return terminal.object(queuedMessageKind, {
        id: item.id,
        fields: { ...item.fields, ...more },
      })
    }
    terminal.show(queuedMessageKind, item, ['recipients'])
    for (const one of items) terminal.data(`\n${storyOf(one, pauses).join('\n')}`)
    if (content !== undefined) terminal.data(`\n${content}`)
    if (readable !== undefined) terminal.data(`\n${readableLines(readable).join('\n')}`)
    tellNext(terminal, items)
  })
}

function messageItem(
  first: QueueItem,
  items: readonly QueueItem[],
  pauses: Pauses,
): ItemOf<typeof queuedMessageKind> {
  const now = new Date()
  const { queueId, sender, size, submittedAt, origin, priority } = first
  return {
    id: queueId,
    fields: {
      id: queueId,
      from: sender === '' ? '<>' : sender,
      size,
      submitted: submittedAt.toISOString(),
      age: spanText(now.getTime() - submittedAt.getTime()),
      origin,
      priority: priority === 0 ? null : priority,
      recipients: items.map((item) => {
        const { id: _, from: __, ...fields } = queueItem(item, pauses, now).fields
        return fields
      }),
    },
  }
}

/** What happened to one recipient and what comes next, in words. */
function storyOf(item: QueueItem, pauses: Pauses): readonly string[] {
  const lines = [`${item.address}: ${stateText(item, pauses)}`]
  const { last, lastAt, attempts } = item
  if (last !== undefined) {
    const cause = causeFor(last)
    const host = last.host === undefined ? '' : ` by ${last.host}`
    const reply = [last.code, last.enhanced, last.text].filter((part) => part !== undefined)
    lines.push(`  ${cause.say}`)
    if (cause.operator !== undefined) lines.push(`  ${cause.operator}`)
    const times = attempts === 1 ? 'once' : `${attempts} times`
    const tried = attempts === 0 ? '' : `tried ${times}, `
    lines.push(`  ${tried}last ${lastAt?.toISOString() ?? ''}, answered${host}:`)
    lines.push(
      ...reply
        .join(' ')
        .split('\n')
        .map((line) => `    ${line}`),
    )
  } else if (attempts === 0) lines.push('  It was not tried yet.')
  return lines.map(printable)
}

function stateText(item: QueueItem, pauses: Pauses): string {
  switch (item.state) {
    case 'delivered':
      return 'taken by the other server'
    case 'bounced':
      return 'undeliverable; its sender was told, unless nobody wanted to know'
    case 'dropped':
      return 'dropped by an operator'
    case 'active':
      return `being sent at this moment by ${item.worker ?? 'a worker'}`
    case 'held':
      return holdText(item)
    case 'waiting': {
      const pause = pauseOf(item.destination, pauses)
      if (pause !== undefined)
        return `waits, because ${pause.destination ?? 'everything'} is paused: ${pause.because}`
      const outcome = item.lastOutcome === 'unknown' ? 'may have arrived already; ' : ''
      const again = item.attempts === 0 ? 'tried' : 'tried again'
      return `${outcome}${again} ${nextText(item, pauses, new Date())}`
    }
  }
}

function contentOf(
  octets: Buffer | undefined,
  { headers, body }: QueueShowOptions,
): string | undefined {
  if (octets === undefined || (headers !== true && body !== true)) return undefined
  const end = octets.indexOf('\r\n\r\n')
  const header = octets.subarray(0, end === -1 ? octets.length : end)
  const shown = body === true ? octets : header.subarray(0, mostHeaderBytes)
  return shown.toString('utf8').split('\r\n').map(printable).join('\n')
}

function tellNext(terminal: Terminal, items: readonly QueueItem[]): void {
  const id = items[0]?.queueId ?? ''
  const isHeld = items.some(({ state }) => state === 'held')
  const isWaiting = items.some(({ state }) => state === 'waiting')
  if (isHeld) terminal.next(`posthouse queue release ${id}`)
  else if (isWaiting) terminal.next(`posthouse queue retry ${id}`, `posthouse trace ${id}`)
  else terminal.next(`posthouse trace ${id}`)
}
