import { computeFacts } from '@posthouse/message'
import { replies, reply, type RcptCommand, type Reply } from '@posthouse/smtp'
import type { DeliveryOrigin, Store } from '@posthouse/store'
import { counters, faultPoint, type Log } from '@posthouse/telemetry'
import type { Accepted } from './accepted.ts'
import { copiesOf } from './copies.ts'
import { wasDeliveredTo } from './loop.ts'
import { forwardedAddresses, isExpanded, outboundOf } from './outbound.ts'
import { sendReport, type Reported } from './reports.ts'

/** What receiving needs. */
export interface Reception {
  readonly store: Pick<Store, 'deliver' | 'resolve'>
  readonly hostname: string
  readonly log: Log
}

/**
 * Commits an accepted message: all copies and all queue rows in one transaction. A positive reply
 * means that it is done.
 *
 * @throws StoreUnavailable where the store is away.
 */
export async function receive(reception: Reception, accepted: Accepted): Promise<Reply> {
  const { store, hostname, log } = reception
  const { octets, envelope, queueId, receivedAt } = accepted
  const facts = computeFacts(octets)
  if (wasDeliveredTo(octets, facts.headerSize, forwardedAddresses(envelope.recipients))) {
    return replies.loop
  }
  const copies = copiesOf(accepted, hostname)
  const outbound = outboundOf(accepted, facts, hostname)
  await faultPoint('smtp.before-commit')
  const result = await store.deliver({
    octets,
    facts,
    receivedAt,
    queueId,
    origin: originOf(accepted),
    recipients: copies,
    ...(outbound === undefined ? {} : { outbound }),
  })
  await faultPoint('smtp.after-commit')
  const gone = new Set<string>(
    copies.filter((_, i) => result.copies[i]?.kind === 'gone').map(({ account }) => account),
  )
  if (outbound === undefined && gone.size === copies.length) return replies.unknownRecipient
  log.info('smtp.message.stored', {
    queueId,
    session: accepted.session.id,
    sender: envelope.mail.sender.address,
    octets: octets.length,
    copies: copies.length - gone.size,
    remote: outbound?.recipients.length ?? 0,
  })
  counters.add('smtp_messages_total', { result: 'stored' })
  await report(reception, accepted, facts.headerSize, gone)
  return reply(250, '2.0.0', `${queueId} stored`)
}

/** What the trace tells of the way in. */
function originOf({ account, envelope, session }: Accepted): DeliveryOrigin {
  return {
    door: account === null ? 'mx' : 'submission',
    sender: envelope.mail.sender.address,
    client: session.remoteAddress,
    ...(session.helo !== undefined && { helo: session.helo }),
    ...(session.tls !== undefined && { tls: session.tls.protocol }),
  }
}

/** Reports are sent after the commit; that one is lost does not undo what is stored. */
async function report(
  { store, hostname, log }: Reception,
  accepted: Accepted,
  headerSize: number,
  gone: ReadonlySet<string>,
): Promise<void> {
  const reported = [...expanded(accepted), ...delivered(accepted, gone)]
  try {
    await sendReport(store, hostname, accepted, headerSize, reported)
  } catch (error) {
    log.error('smtp.report.lost', { queueId: accepted.queueId, because: String(error) })
  }
}

/** SUCCESS asked for an alias of several addresses: it was expanded (RFC 3461 §5.2.7.3). */
function expanded({ envelope }: Accepted): readonly Reported[] {
  return envelope.recipients
    .filter(({ rcpt, target }) => isExpanded(target) && rcpt.notify?.includes('success') === true)
    .map(({ rcpt }) => ({
      ...addressesOf(rcpt),
      action: 'expanded',
      status: '2.0.0',
      explanation: 'This address leads to several others; the message was passed on to them.',
    }))
}

/** SUCCESS asked for a mailbox here; and accounts that were removed between RCPT and the commit (RFC 3461 §5.2.3, §5.2.6). */
function delivered(accepted: Accepted, gone: ReadonlySet<string>): readonly Reported[] {
  return accepted.envelope.recipients.flatMap(({ rcpt, target }): readonly Reported[] => {
    const [only] = target.local
    if (only === undefined || isExpanded(target)) return []
    const wishes = rcpt.notify ?? ['failure', 'delay']
    const isGone = gone.has(only.account)
    if (!wishes.includes(isGone ? 'failure' : 'success')) return []
    const explanation = isGone
      ? 'The mailbox was removed while the message came in.'
      : 'The message was delivered to the mailbox.'
    const outcome = isGone
      ? ({ action: 'failed', status: '5.1.1' } as const)
      : ({ action: 'delivered', status: '2.0.0' } as const)
    return [{ ...addressesOf(rcpt), ...outcome, explanation }]
  })
}

function addressesOf(rcpt: RcptCommand): Pick<Reported, 'address' | 'originalRecipient'> {
  const { recipient, originalRecipient } = rcpt
  return {
    address: recipient.address,
    ...(originalRecipient === undefined ? {} : { originalRecipient }),
  }
}
