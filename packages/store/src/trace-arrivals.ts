import type { MessageFacts } from '@posthouse/message'
import type { DeliveryOrigin } from './delivery.ts'
import type { AccountId, MailboxId, MessageId } from './ids.ts'
import { MultiInsert } from './multi-insert.ts'
import type { KeptCopy } from './quarantine-writes.ts'
import type { QueueSubmission } from './queue-submission.ts'
import type { Transaction } from './statement.ts'
import { detailsText, traceKey, type TraceDetails, type TraceKind } from './trace-event.ts'
import { uuidFromBase32, uuidToBase32 } from './uuid-v7.ts'

/** A message that comes into the house. */
export interface Arriving {
  readonly facts: Pick<MessageFacts, 'messageId' | 'size' | 'subject'>
  readonly copies: readonly {
    readonly account: AccountId
    readonly mailbox: MailboxId
    readonly messageId: MessageId
    readonly asked?: string
    readonly because?: string
  }[]
  readonly kept?: readonly KeptCopy[]
  readonly outbound?: { readonly queueId: string; readonly submission: QueueSubmission }
  readonly alsoOutbound?: readonly NonNullable<Arriving['outbound']>[]
  /** Of a delivery, not of an APPEND. */
  readonly queueId?: string
  readonly origin?: DeliveryOrigin
}

/**
 * Rows by VALUES, and without the UIDs, which their entries tell: as a part of the statement that makes the entries they cost
 * five times as much in a delivery that commits alone, by arrays twice.
 */
const putArrivals = new MultiInsert(
  'trace_arrivals',
  'trace',
  ['kind', 'account_id', 'queue_id', 'mailbox_id', 'message_id', 'id_key', 'details'],
  '',
)

/** Recipients that one event names. */
const namedRecipients = 50

/** Characters of a subject by which it is found. */
export const toldSubject = 200

/** Tells the trace of messages that come in, and of those that go on from here. Does not wait for the answers. */
export function writeArrivals(tx: Transaction, messages: readonly Arriving[]): void {
  for (const { statement, values } of putArrivals.statements(messages.flatMap(rowsOf))) {
    void tx.execute(statement, values).catch(() => {})
  }
}

/** A row per copy, and one for the queue; where the message came from stands at the first of them. */
function rowsOf(message: Arriving): readonly unknown[][] {
  const { facts, copies, kept = [], queueId, origin } = message
  const kind: TraceKind = queueId === undefined ? 'appended' : 'delivered'
  const uuid = queueId === undefined ? null : uuidFromBase32(queueId)
  const { size, messageId, subject } = facts
  const idKey = messageId === null ? null : traceKey(messageId)
  const details = {
    ...origin,
    size,
    ...(messageId !== null && { messageId }),
    ...(subject !== '' && { subject: subject.slice(0, toldSubject) }),
  }
  const rows: unknown[][] = copies.map((copy, i) => {
    const own = ownDetails(copy)
    const more = i === 0 ? { ...details, ...own } : own
    return [kind, copy.account, uuid, copy.mailbox, copy.messageId, idKey, detailsText(more)]
  })
  for (const { account, recipient, reason, quarantineId } of kept) {
    const aside = { to: recipient, reason, quarantine: uuidToBase32(quarantineId) }
    const told = detailsText(rows.length === 0 ? { ...details, ...aside } : aside)
    rows.push(['quarantined', account, uuid, null, null, idKey, told])
  }
  const { outbound, alsoOutbound = [] } = message
  for (const { queueId: id, submission } of outbound ? [outbound, ...alsoOutbound] : alsoOutbound) {
    const { account, sender, recipients } = submission
    const named = recipients.slice(0, namedRecipients).map(({ address }) => address)
    // One that goes on under an id of its own says which message it belongs to.
    const of = id === queueId ? {} : { of: queueId }
    const told = { ...details, ...of, sender, count: recipients.length, recipients: named }
    rows.push(['queued', account, uuidFromBase32(id), null, null, idKey, detailsText(told)])
  }
  return rows
}

/** What is true of one copy alone; most have nothing. */
function ownDetails({ asked, because }: Arriving['copies'][number]): TraceDetails | undefined {
  if (asked === undefined && because === undefined) return undefined
  return { ...(asked !== undefined && { to: asked }), ...(because !== undefined && { because }) }
}
