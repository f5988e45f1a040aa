import {
  deliveredToField,
  receivedField,
  returnPathField,
  type AcceptedRecipient,
} from '@posthouse/smtp'
import type { DeliveryRecipient, LocalDestination } from '@posthouse/store'
import { formatDateTime } from '@posthouse/message'
import type { Accepted } from './accepted.ts'
import type { Destination } from './destination.ts'
import type { Inspection } from './inspection/inspector.ts'

/** What an inspection says of the copies: where each goes, and the fields that tell of it. */
export interface Placed extends Pick<Inspection, 'fields'> {
  readonly placing: Pick<Inspection['placing'], 'mailboxFor' | 'whyOtherwise'>
}

/** The copies for accounts here: one for each account, whichever way it is reached. */
export function copiesOf(
  accepted: Accepted,
  hostname: string,
  placed: Placed,
): readonly DeliveryRecipient[] {
  const copies = new Map<string, DeliveryRecipient>()
  for (const recipient of accepted.envelope.recipients) {
    for (const destination of recipient.target.local) {
      if (copies.has(destination.account)) continue
      copies.set(destination.account, copyFor(accepted, hostname, recipient, destination, placed))
    }
  }
  return [...copies.values()]
}

/** The Received field for one recipient, or for those who must not see each other. */
export function received(
  accepted: Accepted,
  hostname: string,
  recipient: string | undefined,
): string {
  return receivedField({
    session: accepted.session,
    isUtf8: accepted.envelope.mail.isUtf8,
    isAuthenticated: accepted.account !== null,
    client: accepted.client,
    by: hostname,
    queueId: accepted.queueId,
    ...(recipient === undefined ? {} : { recipient }),
    at: formatDateTime(accepted.receivedAt),
  })
}

/**
 * Return-Path, Delivered-To, what was found out, Received (RFC 5321 §4.4): what tells of this hop stands above its Received
 * (RFC 7208 §9.1, RFC 8601 §5).
 */
function copyFor(
  accepted: Accepted,
  hostname: string,
  recipient: AcceptedRecipient<Destination>,
  destination: LocalDestination,
  { placing, fields }: Placed,
): DeliveryRecipient {
  const asked = recipient.rcpt.recipient.address
  const { isAlias } = recipient.target
  // The address asked for keeps its tag; an alias, or postmaster alone, is not the mailbox's own.
  const shown = isAlias || destination.detail === '' ? destination.address : asked
  const because = placing.whyOtherwise(destination.account)
  const prefix = [
    returnPathField(accepted.envelope.mail.sender.address),
    deliveredToField(shown),
    fields,
    received(accepted, hostname, asked),
  ]
  return {
    account: destination.account,
    mailbox: placing.mailboxFor(destination.account, asked),
    prefix: Buffer.from(prefix.join('')),
    flags: [],
    ...(because !== undefined && { because }),
    ...(asked.toLowerCase() !== destination.address.toLowerCase() && { asked }),
  }
}
