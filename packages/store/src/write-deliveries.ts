import type { MessageFacts } from '@posthouse/message'
import type { PackedContent } from './content.ts'
import type { DeliveryOrigin } from './delivery.ts'
import { messageId, type AccountId, type MailboxId, type MessageId } from './ids.ts'
import { makeEntries, type NewEntries } from './mailbox-writes.ts'
import { writeKept, type KeptCopy } from './quarantine-writes.ts'
import { insertForwarding } from './forward-queue.ts'
import { insertQueued } from './queue-insert.ts'
import type { QueueSubmission } from './queue-submission.ts'
import { statement, type Transaction } from './statement.ts'
import { sqlState } from './unavailable.ts'
import { writeArrivals } from './trace-arrivals.ts'
import type { MessageVerdict } from './verdicts.ts'
import { writeVerdicts } from './verdict-writes.ts'
import { writeContents, writeMessages } from './write-messages.ts'

/** One entry to be made, under an id that was made before. */
export interface PreparedCopy {
  readonly account: AccountId
  readonly mailbox: MailboxId
  readonly messageId: MessageId
  readonly prefix: Buffer
  readonly flags: number
  /** The address that it was for, where that is not the account's own. */
  readonly asked?: string
  readonly because?: string
}

/** What goes on, and its id in the queue. */
export interface Outbound {
  readonly queueId: string
  readonly submission: QueueSubmission
}

/** A delivery with everything computed that can be computed without the database. */
export interface PreparedDelivery {
  readonly content: PackedContent
  readonly facts: MessageFacts
  readonly receivedAt: Date
  readonly copies: readonly PreparedCopy[]
  /** Copies that are kept aside instead of entered. */
  readonly kept?: readonly KeptCopy[]
  readonly outbound?: Outbound
  /** More of them, of the same content. */
  readonly alsoOutbound?: readonly Outbound[]
  readonly verdict?: MessageVerdict
  /** Of a delivery, not of an APPEND. */
  readonly queueId?: string
  readonly origin?: DeliveryOrigin
}

/**
 * Writes deliveries in the order of locks: contents by hash, then what nobody waits for, then heads by (account, id).
 * The last answers are not awaited: `made` gives each message's UID once they have come.
 */
export async function writeDeliveries(
  tx: Transaction,
  units: readonly PreparedDelivery[],
): Promise<{ readonly made: Promise<ReadonlyMap<MessageId, number>> }> {
  await writeContents(
    tx,
    units.map(({ content }) => content),
  )
  writeDeliveredMessages(tx, units)
  const lone = units.flatMap(({ copies, queueId }) => (copies.length === 0 && queueId) || [])
  if (lone.length > 0) void lockQueueIds(tx, lone).catch(() => {})
  const inserts = units.flatMap(queuedOf)
  const queued = insertQueued(tx, inserts)
  queued.catch(() => {})
  insertForwarding(tx, inserts)
  const entries = entriesOf(units)
  const made = entries.accounts.length === 0 ? Promise.resolve([]) : makeEntries(tx, entries)
  const uids = made.then(
    (rows) => new Map(rows.map(([, , uid, message]) => [messageId(message), uid])),
  )
  // The transaction fails with the first error; this one is looked at only after a commit.
  uids.catch(() => {})
  return { made: uids }
}

/** Writes the messages' rows alone: their contents must be there. Does not wait for the answers. */
export function writeDeliveredMessages(tx: Transaction, units: readonly PreparedDelivery[]): void {
  writeMessages(tx, units.flatMap(messagesOf))
  writeKept(tx, units)
  writeVerdicts(tx, units)
  writeArrivals(tx, units)
}

const lockIdsStatement = statement(
  'delivery_queue_ids_lock',
  `SELECT pg_advisory_xact_lock(k) FROM (
    SELECT hashtextextended(id, 0) AS k FROM unnest($1::text[]) AS id ORDER BY 1
  ) AS keys`,
)

/** Held until the transaction is over. Whoever looks for a lost COMMIT takes it first, where there is no head to lock. */
export async function lockQueueIds(tx: Transaction, queueIds: readonly string[]): Promise<void> {
  await tx.execute(lockIdsStatement, [queueIds])
}

/** True where a delivery failed because a mailbox of it is gone: `uid` stayed null (not_null_violation on entry). */
export function isMailboxGone(error: unknown): boolean {
  if (sqlState(error) !== '23502') return false
  return error instanceof Error && 'table' in error && error.table === 'entry'
}

function messagesOf({ content, facts, receivedAt, copies }: PreparedDelivery) {
  return copies.map(({ account, messageId: id, prefix }) => {
    return { account, messageId: id, content: content.hash, facts, prefix, receivedAt }
  })
}

function queuedOf({ content, outbound, alsoOutbound = [] }: PreparedDelivery) {
  const all = outbound === undefined ? alsoOutbound : [outbound, ...alsoOutbound]
  return all.map((one) => ({ ...one, content: content.hash, contentSize: content.size }))
}

/** The entries of deliveries. */
export function entriesOf(units: readonly PreparedDelivery[]): NewEntries {
  const rows = units.flatMap(({ copies, facts, receivedAt }) => {
    const received = Math.floor(receivedAt.getTime() / 1000)
    return copies.map((copy) => ({ ...copy, size: copy.prefix.length + facts.size, received }))
  })
  return {
    accounts: rows.map(({ account }) => account),
    mailboxes: rows.map(({ mailbox }) => mailbox),
    messageIds: rows.map(({ messageId: id }) => id),
    flags: rows.map(({ flags }) => flags),
    sizes: rows.map(({ size }) => size),
    received: rows.map(({ received }) => received),
  }
}
