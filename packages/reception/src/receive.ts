import { computeFacts } from '@posthouse/message'
import { replies, reply, type Reply } from '@posthouse/smtp'
import type { DeliveryResult, Store } from '@posthouse/store'
import { counters, faultPoint, type Log } from '@posthouse/telemetry'
import type { Accepted } from './accepted.ts'
import { copiesOf, type Copy } from './copies.ts'
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
    recipients: copies.map(({ entry }) => entry),
    ...(outbound === undefined ? {} : { outbound }),
  })
  await faultPoint('smtp.after-commit')
  const gone = copies.filter((_, i) => result.copies[i]?.kind === 'gone')
  if (outbound === undefined && gone.length === copies.length) return replies.unknownRecipient
  log.info('smtp.message.stored', {
    queueId,
    session: accepted.session.id,
    sender: envelope.mail.sender.address,
    octets: octets.length,
    copies: copies.length - gone.length,
    remote: outbound?.recipients.length ?? 0,
  })
  counters.add('smtp_messages_total', { result: 'stored' })
  await report(reception, accepted, facts.headerSize, copies, result)
  return reply(250, '2.0.0', `${queueId} stored`)
}

/** Reports are sent after the commit; that one is lost does not undo what is stored. */
async function report(
  { store, hostname, log }: Reception,
  accepted: Accepted,
  headerSize: number,
  copies: readonly Copy[],
  result: DeliveryResult,
): Promise<void> {
  const reported = [...expanded(accepted), ...delivered(copies, result)]
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

/** SUCCESS asked for a mailbox here; and accounts that were removed between RCPT and the commit. */
function delivered(copies: readonly Copy[], result: DeliveryResult): readonly Reported[] {
  return copies.flatMap(({ recipient: { rcpt, target } }, i): readonly Reported[] => {
    const isGone = result.copies[i]?.kind === 'gone'
    const wishes = rcpt.notify ?? ['failure', 'delay']
    if (isGone && wishes.includes('failure')) {
      const explanation = 'The mailbox was removed while the message came in.'
      return [{ ...addressesOf(rcpt), action: 'failed', status: '5.1.1', explanation }]
    }
    if (isGone || isExpanded(target) || !wishes.includes('success')) return []
    const explanation = 'The message was delivered to the mailbox.'
    return [{ ...addressesOf(rcpt), action: 'delivered', status: '2.0.0', explanation }]
  })
}

function addressesOf(
  rcpt: Copy['recipient']['rcpt'],
): Pick<Reported, 'address' | 'originalRecipient'> {
  const { recipient, originalRecipient } = rcpt
  return {
    address: recipient.address,
    ...(originalRecipient === undefined ? {} : { originalRecipient }),
  }
}
