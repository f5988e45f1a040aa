import type { FilterVerdict } from '@posthouse/filter'
import { reply, type Reply } from '@posthouse/smtp'
import type { HeldBack } from '../forwarding/safe-to-forward.ts'

/** Where nobody said it better. */
const plainText = 'This message is not taken here'

/**
 * The reply to a message that is not taken, with an id by which its sender's postmaster and ours can talk about it; undefined
 * where it is taken. Codes as DESIGN.md, "Decided once". Mail of our own users has no Junk to go to: it is refused, so that they
 * hear of it at once.
 */
export function refusalOf(
  verdict: FilterVerdict,
  direction: 'inbound' | 'outbound',
  queueId: string,
): Reply | undefined {
  const text = `${verdict.text ?? plainText} (${queueId})`
  if (verdict.action === 'defer') {
    return reply(451, verdict.reason === 'failure' ? '4.3.0' : '4.7.1', text)
  }
  const isKept = verdict.action === 'quarantine' || verdict.action === 'junk'
  if (verdict.action !== 'reject' && !(isKept && direction === 'outbound')) return undefined
  return verdict.reason === 'virus' ? reply(554, '5.6.0', text) : reply(554, '5.7.1', text)
}

/** Everybody it is for blocks its sender. */
export function blockedReply(queueId: string): Reply {
  return reply(554, '5.7.1', `The recipients take no mail from this sender (${queueId})`)
}

/** What looks like spam, or is none of its author's, is not passed on under our name, and here it has no other place to go. */
export function notForwardedReply(held: NonNullable<HeldBack>, queueId: string): Reply {
  const why = held === 'spam' ? 'looks like spam' : 'fails the DMARC policy of the domain in From'
  return reply(554, '5.7.1', `This message ${why} and is not forwarded (${queueId})`)
}
