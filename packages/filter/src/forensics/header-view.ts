import { type Mailbox, parseAddressList, parseMailboxListStrict } from '@posthouse/message'
import type { FilterMessage } from '../filter-message.ts'
import { MAX_FIELD_ADDRESSES, MAX_FIELD_BYTES, MAX_SHORT_TEXT } from '../limits.ts'
import { domainOf } from '../view/domains.ts'

/** A message's header as the rules look at it, taken apart once. */
export interface HeaderView {
  readonly message: FilterMessage
  readonly isInbound: boolean
  /** It came through a mailing list, which rightly changes some fields and not others. */
  readonly isList: boolean
  readonly fromFields: number
  /** From is a mailbox-list by the letter (RFC 5322 §3.4). */
  readonly isFromStrict: boolean
  readonly from: readonly Mailbox[]
  /** Domain of the first From address, A-labels; empty where there is none. */
  readonly fromDomain: string
  readonly fromName: string
  readonly replyTo: readonly Mailbox[]
  readonly subject: string
  readonly dates: readonly string[]
  readonly messageIds: readonly string[]
}

/** Takes the header apart. */
export function headerView(message: FilterMessage): HeaderView {
  const fromFields = message.headers.filter(({ name }) => name.toLowerCase() === 'from')
  const written = fromFields[0]?.value.subarray(0, MAX_FIELD_BYTES) ?? Buffer.alloc(0)
  const from = mailboxes(written)
  return {
    message,
    isInbound: message.direction === 'inbound',
    isList: message.field('list-id').length > 0 || message.field('list-post').length > 0,
    fromFields: fromFields.length,
    isFromStrict: parseMailboxListStrict(written).ok,
    from,
    fromDomain: from[0] === undefined ? '' : domainOf(from[0].address),
    fromName: (from[0]?.name ?? '').slice(0, MAX_SHORT_TEXT),
    replyTo: message.field('reply-to').flatMap(mailboxes),
    subject: (message.field('subject')[0] ?? '').slice(0, MAX_SHORT_TEXT),
    dates: message.field('date'),
    messageIds: message.field('message-id'),
  }
}

function mailboxes(value: Buffer | string): readonly Mailbox[] {
  return parseAddressList(value).slice(0, MAX_FIELD_ADDRESSES)
}
