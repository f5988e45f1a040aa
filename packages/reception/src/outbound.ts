import { isAscii as isAsciiOctets } from 'node:buffer'
import type { MessageFacts } from '@posthouse/message'
import { deliveredToField, isAscii, type AcceptedRecipient } from '@posthouse/smtp'
import type { QueueRecipientRequest, QueueSubmission } from '@posthouse/store'
import type { Accepted } from './accepted.ts'
import { received } from './copies.ts'
import type { Destination, RemoteRecipient } from './destination.ts'
import { isPassedOn } from './forwarding/passing-on.ts'
import { onwardOf } from './onward.ts'

type Recipient = AcceptedRecipient<Destination>

/** Gives the sender that mail goes on under, at a domain of ours (SRS). */
export type RewriteSender = (sender: string, domain: string) => Promise<string>

/** What goes on together: with one sender, one prefix. */
interface Batch {
  readonly recipients: readonly Recipient[]
  readonly wanted: readonly QueueRecipientRequest[]
  /** The domain to rewrite the sender under; undefined: it stays. */
  readonly domain: string | undefined
}

/**
 * What goes on to other hosts. Mail of our own users is one piece, under their own sender. Mail from the world goes on apart for
 * each of its recipients here, so that none learns of another: under a sender of the domain that passes it on, which its SPF
 * speaks for, with Delivered-To, which ends loops. Its header and body are not touched.
 */
export async function outboundOf(
  accepted: Accepted,
  facts: MessageFacts,
  hostname: string,
  rewrite: RewriteSender,
): Promise<readonly QueueSubmission[]> {
  const { sender } = accepted.envelope.mail
  const batches = accepted.account === null ? forwarded(accepted) : submitted(accepted)
  return await Promise.all(
    batches.map(async (batch) => {
      const { domain } = batch
      const address = domain === undefined ? sender.address : await rewrite(sender.address, domain)
      return submissionOf(accepted, facts, hostname, batch, address)
    }),
  )
}

function submissionOf(
  accepted: Accepted,
  facts: MessageFacts,
  hostname: string,
  { recipients, wanted, domain }: Batch,
  sender: string,
): QueueSubmission {
  const { mail } = accepted.envelope
  const header = facts.header ?? accepted.octets.subarray(0, facts.headerSize)
  const isWide = !isAsciiOctets(header) || wanted.some(({ address }) => !isAscii(address))
  return {
    account: accepted.account,
    sender,
    prefix: Buffer.from(prefixOf(accepted, recipients, hostname)),
    recipients: wanted,
    isEightBit: !isAsciiOctets(accepted.octets),
    // What was sent without SMTPUTF8 may go on without it, however strange its header (RFC 6531 §3.6).
    needsSmtpUtf8: mail.isUtf8 && (isWide || !isAscii(sender)),
    ...onwardOf(mail, header),
    ...(domain !== undefined && { origin: 'forwarded' }),
    ...accepted.sending,
    ...(mail.envelopeId === undefined ? {} : { envelopeId: mail.envelopeId }),
    ...(mail.ret === undefined ? {} : { returnContent: mail.ret }),
  }
}

function submitted({ envelope }: Accepted): readonly Batch[] {
  const recipients = envelope.recipients.filter(({ target }) => target.remote.length > 0)
  const wanted = new Map<string, QueueRecipientRequest>()
  for (const recipient of recipients) {
    for (const target of recipient.target.remote) {
      const { address } = target
      if (!wanted.has(address)) wanted.set(address, requestFor(recipient, target))
    }
  }
  return wanted.size === 0 ? [] : [{ recipients, wanted: [...wanted.values()], domain: undefined }]
}

/** An address that several recipients lead to gets it once. */
function forwarded({ envelope }: Accepted): readonly Batch[] {
  const seen = new Set<string>()
  return envelope.recipients.flatMap((recipient) => {
    const fresh = recipient.target.remote.filter(({ address }) => !seen.has(address))
    for (const { address } of fresh) seen.add(address)
    const byDomain = Map.groupBy(fresh, ({ domain = recipient.rcpt.recipient.domain }) => domain)
    return [...byDomain].map(([domain, targets]): Batch => ({
      recipients: [recipient],
      wanted: targets.map((target) => requestFor(recipient, target)),
      domain,
    }))
  })
}

/** One prefix for all, so it names a recipient only where there is no other to learn of it. */
function prefixOf(accepted: Accepted, recipients: readonly Recipient[], hostname: string): string {
  const [only, more] = recipients
  if (only === undefined || more !== undefined) return received(accepted, hostname, undefined)
  const { address } = only.rcpt.recipient
  const deliveredTo = isPassedOn(only) ? deliveredToField(address) : ''
  return deliveredTo + received(accepted, hostname, address)
}

/**
 * RFC 3461 §5.2.7: an alias of one address passes NOTIFY on; one of several answers SUCCESS itself
 * (`expanded`) and passes on the rest. ORCPT stays, or becomes the address asked for.
 */
function requestFor(
  { rcpt, target }: Recipient,
  { address, path }: RemoteRecipient,
): QueueRecipientRequest {
  const notify = isExpanded(target) ? rcpt.notify?.filter((one) => one !== 'success') : rcpt.notify
  const wish = notify?.length === 0 ? (['never'] as const) : notify
  const original =
    rcpt.originalRecipient ?? (target.isAlias ? originalOf(rcpt.recipient.address) : undefined)
  return {
    address,
    ...(original === undefined ? {} : { originalRecipient: original }),
    ...(wish === undefined ? {} : { notify: wish }),
    ...(path === undefined ? {} : { path }),
  }
}

/** An alias that leads to more than one address (RFC 3461 §5.2.7.3). */
export function isExpanded(target: Destination): boolean {
  return target.isAlias && target.local.length + target.remote.length > 1
}

function originalOf(address: string): string {
  return `${isAscii(address) ? 'rfc822' : 'utf-8'};${address}`
}
