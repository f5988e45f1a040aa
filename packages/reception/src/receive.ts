import { computeFacts, type MessageFacts } from '@posthouse/message'
import { withoutForgedResults } from '@posthouse/mail-auth'
import { describeReply, isPositive, replies, reply, type Reply } from '@posthouse/smtp'
import {
  newUuid,
  uuidToBase32,
  type DeliveredCopy,
  type DeliveryOrigin,
  type Store,
} from '@posthouse/store'
import { faultPoint, type Log } from '@posthouse/telemetry'
import type { Accepted } from './accepted.ts'
import { autoreply } from './autoreply/autoreply.ts'
import { copiesOf } from './copies.ts'
import type { Inspection, Inspector } from './inspection/inspector.ts'
import { keepUnfit, settleRecipients } from './forwarding/passing-on.ts'
import { outboundOf, type RewriteSender } from './outbound.ts'
import { reportedOf } from './reported.ts'
import { sendReport, type Reported } from './reports.ts'

/** What receiving needs. */
export interface Reception {
  readonly store: Pick<Store, 'autoreplies' | 'deliver' | 'forwards' | 'resolve' | 'verdicts'>
  readonly inspector: Inspector
  readonly hostname: string
  readonly log: Log
}

/**
 * Looks at an accepted message, and commits it: all copies and all queue rows in one transaction. A positive reply
 * means that it is done.
 *
 * @throws StoreUnavailable where the store is away.
 */
export async function receive(reception: Reception, brought: Accepted): Promise<Reply> {
  const { hostname, inspector } = reception
  // Only we say what we found (RFC 8601 §5): the one thing that is ever taken out of a message.
  const cleaned = { ...brought, octets: withoutForgedResults(brought.octets, hostname) }
  const facts = computeFacts(cleaned.octets)
  const settled = settleRecipients(cleaned, facts)
  if (!settled.ok) return settled.reply
  const { accepted } = settled
  const inspection = await inspector.inspect(accepted)
  const { refusal } = inspection
  if (refusal !== undefined) {
    await tellOfRefusal(reception, accepted, facts, inspection, refusal)
    if (refusal.code >= 500 && accepted.account === null) inspection.learn()
    return refusal
  }
  const fit = keepUnfit(accepted, inspection)
  const answer = await commit(reception, fit, facts, inspection)
  if (isPositive(answer)) inspection.learn()
  return answer
}

async function commit(
  reception: Reception,
  accepted: Accepted,
  facts: MessageFacts,
  inspection: Inspection,
): Promise<Reply> {
  const { store, hostname, log } = reception
  const { octets, envelope, queueId, receivedAt } = accepted
  const copies = copiesOf(accepted, hostname, inspection)
  const rewrite: RewriteSender = (sender, domain) => store.forwards.rewriteSender(sender, domain)
  const [outbound, ...more] = await outboundOf(accepted, facts, hostname, rewrite)
  const alsoOutbound = more.map((submission) => ({ queueId: uuidToBase32(newUuid()), submission }))
  await faultPoint('smtp.before-commit')
  const result = await store.deliver({
    octets,
    facts,
    receivedAt,
    queueId,
    origin: originOf(accepted),
    recipients: copies,
    verdict: inspection.verdict,
    ...(outbound === undefined ? {} : { outbound, alsoOutbound }),
  })
  await faultPoint('smtp.after-commit')
  const whose = (kind: DeliveredCopy['kind']): ReadonlySet<string> =>
    new Set(copies.filter((_, i) => result.copies[i]?.kind === kind).map(({ account }) => account))
  const undelivered = { gone: whose('gone'), aside: whose('kept-aside') }
  const { gone } = undelivered
  if (outbound === undefined && gone.size === copies.length) return replies.unknownRecipient
  log.info('smtp.message.stored', {
    queueId,
    session: accepted.session.id,
    sender: envelope.mail.sender.address,
    octets: octets.length,
    copies: copies.length - gone.size,
    verdict: inspection.verdict.action,
    points: inspection.verdict.points,
    remote: [outbound ?? [], ...more].flat().flatMap(({ recipients }) => recipients).length,
  })
  const reported = reportedOf(accepted, undelivered)
  await report(reception, accepted, facts.headerSize, reported)
  await autoreply(reception, accepted, facts, inspection, undelivered)
  return reply(250, '2.0.0', `${queueId} stored`)
}

/** For people who ask what became of it. That this can not be written down does not change the answer. */
async function tellOfRefusal(
  { store, log }: Reception,
  accepted: Accepted,
  facts: MessageFacts,
  { verdict }: Inspection,
  refusal: Reply,
): Promise<void> {
  const { queueId, envelope, session } = accepted
  const { code, enhanced = '', text } = refusal
  const told = { code, enhanced, text }
  log.info('smtp.message.refused', {
    queueId,
    session: session.id,
    remote: session.remoteAddress,
    sender: envelope.mail.sender.address,
    action: verdict.action,
    points: verdict.points,
    reply: describeReply(refusal),
  })
  try {
    await store.verdicts.refuse({
      queueId,
      origin: originOf(accepted),
      recipients: envelope.recipients.map(({ rcpt }) => rcpt.recipient.address),
      accounts: envelope.recipients.flatMap(({ target: { local, fallback = [] } }) =>
        [...local, ...fallback].map((one) => one.account),
      ),
      size: accepted.octets.length,
      messageId: facts.messageId,
      subject: facts.subject,
      reply: told,
      verdict,
    })
  } catch (error) {
    log.error('smtp.refusal.unwritten', { queueId, because: String(error) })
  }
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
  reported: readonly Reported[],
): Promise<void> {
  try {
    await sendReport(store, hostname, accepted, headerSize, reported)
  } catch (error) {
    log.error('smtp.report.lost', { queueId: accepted.queueId, because: String(error) })
  }
}
