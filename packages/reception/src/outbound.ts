import { isAscii as isAsciiOctets } from 'node:buffer'
import type { MessageFacts } from '@posthouse/message'
import { deliveredToField, isAscii, type AcceptedRecipient } from '@posthouse/smtp'
import type { QueueRecipientRequest, QueueSubmission } from '@posthouse/store'
import type { Accepted } from './accepted.ts'
import { received } from './copies.ts'
import type { Destination } from './destination.ts'
import { onwardOf } from './onward.ts'

/** What goes on to other hosts; undefined when nothing does. */
export function outboundOf(
  accepted: Accepted,
  facts: MessageFacts,
  hostname: string,
): QueueSubmission | undefined {
  const { mail, recipients } = accepted.envelope
  const wanted = remoteRecipients(recipients)
  if (wanted.length === 0) return undefined
  const header = facts.header ?? accepted.octets.subarray(0, facts.headerSize)
  const isWide = !isAsciiOctets(header) || wanted.some(({ address }) => !isAscii(address))
  return {
    account: accepted.account,
    sender: mail.sender.address,
    prefix: Buffer.from(prefixOf(accepted, hostname)),
    recipients: wanted,
    isEightBit: !isAsciiOctets(accepted.octets),
    // What was sent without SMTPUTF8 may go on without it, however strange its header (RFC 6531 §3.6).
    needsSmtpUtf8: mail.isUtf8 && (isWide || !isAscii(mail.sender.address)),
    ...onwardOf(mail, header),
    ...accepted.sending,
    ...(mail.envelopeId === undefined ? {} : { envelopeId: mail.envelopeId }),
    ...(mail.ret === undefined ? {} : { returnContent: mail.ret }),
  }
}

/** Recipients whose alias leads out of the house, by their address. */
export function forwardedAddresses(
  recipients: readonly AcceptedRecipient<Destination>[],
): readonly string[] {
  return recipients
    .filter(({ target }) => target.isAlias && target.remote.length > 0)
    .map(({ rcpt }) => rcpt.recipient.address)
}

/** One prefix for all, so it names a recipient only where there is no other to learn of it. */
function prefixOf(accepted: Accepted, hostname: string): string {
  const { recipients } = accepted.envelope
  const remote = recipients.filter(({ target }) => target.remote.length > 0)
  const only = remote.length === 1 ? remote[0]?.rcpt.recipient.address : undefined
  const forwarded = only === undefined ? [] : forwardedAddresses(remote)
  return forwarded.map(deliveredToField).join('') + received(accepted, hostname, only)
}

function remoteRecipients(
  recipients: readonly AcceptedRecipient<Destination>[],
): readonly QueueRecipientRequest[] {
  const wanted = new Map<string, QueueRecipientRequest>()
  for (const recipient of recipients) {
    for (const address of recipient.target.remote) {
      if (!wanted.has(address)) wanted.set(address, requestFor(recipient, address))
    }
  }
  return [...wanted.values()]
}

/**
 * RFC 3461 §5.2.7: an alias of one address passes NOTIFY on; one of several answers SUCCESS itself
 * (`expanded`) and passes on the rest. ORCPT stays, or becomes the address asked for.
 */
function requestFor(
  { rcpt, target }: AcceptedRecipient<Destination>,
  address: string,
): QueueRecipientRequest {
  const notify = isExpanded(target) ? rcpt.notify?.filter((one) => one !== 'success') : rcpt.notify
  const wish = notify?.length === 0 ? (['never'] as const) : notify
  const original =
    rcpt.originalRecipient ?? (target.isAlias ? originalOf(rcpt.recipient.address) : undefined)
  return {
    address,
    ...(original === undefined ? {} : { originalRecipient: original }),
    ...(wish === undefined ? {} : { notify: wish }),
  }
}

/** An alias that leads to more than one address (RFC 3461 §5.2.7.3). */
export function isExpanded(target: Destination): boolean {
  return target.isAlias && target.local.length + target.remote.length > 1
}

function originalOf(address: string): string {
  return `${isAscii(address) ? 'rfc822' : 'utf-8'};${address}`
}
