import { causeOf, type Reply } from '@posthouse/smtp'
import { printable } from '../output/table.ts'
import { well, type Case, type Step } from './stage.ts'

/** What happened before: the queue, and what other servers said. */
export async function* past({ store, sender, recipient, since }: Case): AsyncGenerator<Step> {
  const waiting = await store.queue.list({ sender, limit: 1_000 })
  const item = waiting.find((one) => one.address.toLowerCase() === recipient.toLowerCase())
  if (item?.state === 'held') {
    const text = `A message waits in the queue, held (${item.queueId})`
    yield { state: 'found', text, next: `posthouse queue show ${item.queueId}, then queue release` }
    return
  }
  if (item?.last !== undefined) {
    const { code, enhanced, text: words, host } = item.last
    const said = printable(
      [host, code, enhanced, words].filter((word) => word !== undefined).join(' '),
    )
    const { say } = causeOf(replyOf(code ?? 451, enhanced, words))
    const when =
      item.nextAt === undefined ? '' : ` It is tried again at ${item.nextAt.toISOString()}.`
    yield {
      state: 'found',
      text: `A message waits after ${item.attempts} attempts: ${said}`,
      why: `${say}${when}`,
      next: `posthouse queue show ${item.queueId}`,
    }
    return
  }
  const steps = await store.trace.find({ subject: { by: 'address', address: recipient }, since })
  const last = steps.findLast(
    ({ kind }) => kind === 'bounced' || kind === 'sent' || kind === 'delivered',
  )
  if (last === undefined) {
    yield {
      state: 'skipped',
      text: `Nothing is known of mail to ${recipient} since ${since.toISOString()}`,
    }
    return
  }
  const words = printable(textOf(last.details['text']) ?? '')
  if (last.kind !== 'bounced') {
    yield well(
      `the last message to ${recipient} went well at ${last.at.toISOString()} ${words}`.trim(),
    )
    return
  }
  const code = Number(last.details['code'] ?? 550)
  const { say, next, operator } = causeOf(replyOf(code, textOf(last.details['enhanced']), words))
  yield {
    state: 'found',
    text: `The last message came back at ${last.at.toISOString()}: ${code} ${words}`,
    why: say,
    next: operator ?? next,
  }
}

function replyOf(code: number, enhanced: string | undefined, text: string): Reply {
  return enhanced === undefined ? { code, text } : { code, enhanced, text }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}
