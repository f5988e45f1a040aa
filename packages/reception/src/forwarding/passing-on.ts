import { headerFields, type MessageFacts } from '@posthouse/message'
import { replies, reply, type AcceptedRecipient, type Reply } from '@posthouse/smtp'
import type { AccountId } from '@posthouse/store'
import type { Accepted } from '../accepted.ts'
import type { Destination } from '../destination.ts'
import type { Inspection } from '../inspection/inspector.ts'
import { wasDeliveredTo } from '../loop.ts'

type Recipient = AcceptedRecipient<Destination>

/** A message whose recipients are settled as far as their addresses tell, or the reply to one that cannot go on. */
export type Settled =
  | { readonly ok: true; readonly accepted: Accepted }
  | { readonly ok: false; readonly reply: Reply }

/** Reports alone go back to a sender that we rewrote: it is no way into somebody's mailbox. */
const reportsOnly = reply(550, '5.7.1', 'This address takes reports on its own mail only')

/** Whether mail for a recipient goes on from here because of who it is for, and not of who sent it. */
export function isPassedOn({ target }: Recipient): boolean {
  return (target.isAlias || target.isReturn === true) && target.remote.length > 0
}

/**
 * Looks for what must not go on: what was here before (RFC 9228 §2; the mailbox of an account that forwards keeps it, an alias
 * refuses it), and what is no report for a sender that we rewrote.
 */
export function settleRecipients(accepted: Accepted, facts: MessageFacts): Settled {
  const { octets, envelope } = accepted
  if (!mayReturn(accepted, facts)) return { ok: false, reply: reportsOnly }
  const recipients = envelope.recipients.map((recipient) => {
    if (!isPassedOn(recipient)) return recipient
    const { address } = recipient.rcpt.recipient
    return wasDeliveredTo(octets, facts.headerSize, address) ? comesBack(recipient) : recipient
  })
  if (recipients.some(({ target }) => isNowhere(target))) return { ok: false, reply: replies.loop }
  return { ok: true, accepted: withRecipients(accepted, recipients) }
}

/**
 * The same message with what must not go on kept here: all of it where it may not leave the house, else what accounts that forward
 * do not want themselves (it goes to their Junk, or apart).
 */
export function keepUnfit(
  accepted: Accepted,
  { isForwarded, placing }: Pick<Inspection, 'isForwarded' | 'placing'>,
): Accepted {
  return withRecipients(
    accepted,
    accepted.envelope.recipients.map((recipient) => {
      if (!isPassedOn(recipient)) return recipient
      const { rcpt, target } = recipient
      const isUnwanted = (account: AccountId | undefined): boolean =>
        account !== undefined && placing.mailboxFor(account, rcpt.recipient.address) !== 'INBOX'
      if (!isForwarded || isUnwanted(target.forwardOf)) return keepHere(recipient)
      return keepUnwanted(recipient, isUnwanted)
    }),
  )
}

/** Behind an alias each account that forwards decides for its own targets. */
function keepUnwanted(
  { rcpt, target }: Recipient,
  isUnwanted: (account: AccountId | undefined) => boolean,
): Recipient {
  const { local, fallback = [], remote } = target
  const kept = fallback.filter(({ account }) => isUnwanted(account))
  const bypassed = fallback.filter(({ account }) => !isUnwanted(account))
  const going = remote.filter(({ account }) => !isUnwanted(account))
  return {
    rcpt,
    target: { ...target, local: [...local, ...kept], fallback: bypassed, remote: going },
  }
}

function comesBack(recipient: Recipient): Recipient {
  const nowhere = { ...recipient.target, local: [], remote: [] }
  return recipient.target.forwardOf !== undefined
    ? keepHere(recipient)
    : { ...recipient, target: nowhere }
}

/** Whom it would have bypassed gets it. */
function keepHere({ rcpt, target }: Recipient): Recipient {
  const { local, fallback = [], isAlias, isCatchAll } = target
  const kept = { local: [...local, ...fallback], remote: [], isAlias }
  return { rcpt, target: isCatchAll === true ? { ...kept, isCatchAll } : kept }
}

function isNowhere({ local, remote }: Destination): boolean {
  return local.length + remote.length === 0
}

function withRecipients(accepted: Accepted, recipients: readonly Recipient[]): Accepted {
  return { ...accepted, envelope: { ...accepted.envelope, recipients } }
}

/** The null sender's reports, and answers that say of themselves that nobody wrote them (RFC 3834 §5). */
function mayReturn({ octets, envelope }: Accepted, { headerSize }: MessageFacts): boolean {
  if (envelope.mail.sender.address === '') return true
  if (!envelope.recipients.some(({ target }) => target.isReturn === true)) return true
  return isAutoSubmitted(octets, headerSize)
}

/** Whether a header says so: `Auto-Submitted` with another word than `no` (RFC 3834 §5). */
export function isAutoSubmitted(octets: Buffer, headerSize: number): boolean {
  return headerFields(octets, { start: 0, end: headerSize }).some(({ name, value }) => {
    if (name.toLowerCase() !== 'auto-submitted') return false
    const text = value.toString('latin1').replaceAll(/\([^()]*\)/g, '')
    return text.split(';')[0]?.trim().toLowerCase() !== 'no'
  })
}
