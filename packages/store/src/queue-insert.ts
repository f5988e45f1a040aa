import type { Transaction } from './statement.ts'
import { unnamed } from './statement.ts'
import type { QueueSubmission } from './queue-submission.ts'
import { plainLine } from './plain-text.ts'
import { noteDue } from './queue-destinations.ts'
import { uuidFromBase32 } from './uuid-v7.ts'

/** A message for the queue whose octets are in table `content` already (in this transaction or before it). */
export interface QueueInsert {
  /** 26 characters of Crockford base32. */
  readonly queueId: string
  /** SHA-256 of the octets, 32 octets. */
  readonly content: Buffer
  /** Octets of the content, without the prefix. */
  readonly contentSize: number
  readonly submission: QueueSubmission
}

/** The channel that wakes delivery workers. */
export const queueChannel = 'posthouse_queue'

const messageColumns = 17
const recipientColumns = 12

/**
 * Puts messages into the queue: three statements, pipelined, for any number of messages (a group commit's). Await it, or
 * let COMMIT find its errors. Delivery workers are woken after the commit.
 */
export async function insertQueued(
  tx: Transaction,
  inserts: readonly QueueInsert[],
): Promise<void> {
  if (inserts.length === 0) return
  const messages: unknown[][] = []
  const recipients: unknown[][] = []
  const destinations = new Map<string, Date | null>()
  for (const insert of inserts) {
    const uuid = uuidFromBase32(insert.queueId)
    if (uuid === undefined) throw new Error('A queue id is not 26 characters of base32')
    messages.push(messageRow(uuid, insert))
    for (const row of recipientRows(uuid, insert.submission)) recipients.push(row)
    if (insert.submission.held === undefined) noteDestinations(destinations, insert.submission)
  }
  tx.notify(queueChannel, '')
  await Promise.all([
    insertMany(tx, messageInsert, messageColumns, messages),
    insertMany(tx, recipientInsert, recipientColumns, recipients, dueOr),
    destinations.size === 0 ? undefined : noteDue(tx, destinations),
  ])
}

const messageInsert =
  'INSERT INTO queue_message (queue_id, account_id, sender, content, prefix, size, envelope_id, return_content, is_eight_bit, needs_smtputf8, requires_tls, origin, author_domain, priority, release_at, expires_at, is_tls_optional) VALUES '
const recipientInsert =
  'INSERT INTO queue_recipient (queue_id, n, destination, address, original_recipient, notify, priority, state, held_at, held_by, held_because, next_at) VALUES '

function messageRow(uuid: string, insert: QueueInsert): unknown[] {
  const { submission } = insert
  return [
    uuid,
    submission.account,
    submission.sender,
    insert.content,
    submission.prefix,
    submission.prefix.length + insert.contentSize,
    plainLine(submission.envelopeId),
    submission.returnContent ?? null,
    submission.isEightBit,
    submission.needsSmtpUtf8,
    submission.requiresTls ?? false,
    submission.origin ?? 'submitted',
    submission.authorDomain ?? null,
    submission.priority ?? 0,
    submission.releaseAt ?? null,
    submission.expiresAt ?? null,
    submission.isTlsOptional ?? false,
  ]
}

function recipientRows(uuid: string, submission: QueueSubmission): unknown[][] {
  const { held, priority = 0, releaseAt = null } = submission
  const isHeld = held !== undefined
  return submission.recipients.map(({ address, originalRecipient, notify }, index) => [
    uuid,
    index + 1,
    destinationOf(address),
    address,
    plainLine(originalRecipient),
    notify ?? null,
    Math.sign(priority),
    isHeld ? 'held' : 'waiting',
    isHeld ? new Date() : null,
    isHeld ? 'account' : null,
    plainLine(held),
    releaseAt,
  ])
}

/** The domain of a forward-path: what mail is claimed by. */
export function destinationOf(address: string): string {
  return address.slice(address.lastIndexOf('@') + 1).toLowerCase()
}

/** The earliest time of each; null is now. */
function noteDestinations(
  destinations: Map<string, Date | null>,
  { recipients, releaseAt }: QueueSubmission,
): void {
  for (const { address } of recipients) {
    const destination = destinationOf(address)
    const known = destinations.get(destination)
    if (releaseAt === undefined) destinations.set(destination, null)
    else if (known === undefined || (known !== null && releaseAt < known))
      destinations.set(destination, releaseAt)
  }
}

/** When a recipient is due: at the release, else now. */
function dueOr(place: string): string {
  return `coalesce(${place}::timestamptz, now())`
}

/** Multi-row VALUES (arrays of bytea are slow), at most 65,535 bound values a statement. */
async function insertMany(
  tx: Transaction,
  head: string,
  columns: number,
  rows: readonly unknown[][],
  last: (place: string) => string = (place) => place,
): Promise<void> {
  const most = Math.floor(60_000 / columns)
  const parts: Promise<number>[] = []
  for (let from = 0; from < rows.length; from += most) {
    const part = rows.slice(from, from + most)
    const places = part.map((_, row) => {
      const first = row * columns + 1
      const numbers = Array.from({ length: columns - 1 }, (__, column) => `$${first + column}`)
      return `(${numbers.join(', ')}, ${last(`$${first + columns - 1}`)})`
    })
    parts.push(tx.execute(unnamed(head + places.join(', ')), part.flat()))
  }
  await Promise.all(parts)
}
