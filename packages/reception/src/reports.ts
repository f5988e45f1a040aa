import { buildDsn, computeFacts, type DsnAction, type DsnRecipient } from '@posthouse/message'
import { isAscii, receivedField, returnPathField } from '@posthouse/smtp'
import { formatDateTime } from '@posthouse/message'
import { newUuid, uuidToBase32, type Delivery, type Store } from '@posthouse/store'
import type { Accepted } from './accepted.ts'

/** A recipient to report on. */
export interface Reported {
  readonly address: string
  readonly originalRecipient?: string
  readonly action: DsnAction
  readonly status: string
  readonly explanation: string
}

/**
 * Sends the sender a report (RFC 3464) on what became of recipients here. With its header alone,
 * unless something failed (RFC 3461 §4.3). Never to the null sender.
 */
export async function sendReport(
  store: Pick<Store, 'deliver' | 'resolve'>,
  hostname: string,
  accepted: Accepted,
  headerSize: number,
  recipients: readonly Reported[],
): Promise<void> {
  const { sender } = accepted.envelope.mail
  if (sender.address === '' || recipients.length === 0) return
  const queueId = uuidToBase32(newUuid())
  const octets = reportOctets(hostname, accepted, headerSize, recipients, queueId)
  const delivery = await addressed(store, hostname, sender.address, queueId, octets)
  if (delivery !== undefined) await store.deliver(delivery)
}

function reportOctets(
  hostname: string,
  accepted: Accepted,
  headerSize: number,
  recipients: readonly Reported[],
  queueId: string,
): Buffer {
  const { mail } = accepted.envelope
  const hasFailed = recipients.some(({ action }) => action === 'failed')
  return buildDsn({
    reportingMta: hostname,
    from: `postmaster@${hostname}`,
    to: mail.sender.address,
    messageId: `<${queueId}@${hostname}>`,
    date: accepted.receivedAt,
    boundary: `=_${queueId}`,
    ...(mail.envelopeId === undefined ? {} : { envelopeId: mail.envelopeId }),
    queueId: accepted.queueId,
    arrival: accepted.receivedAt,
    recipients: recipients.map(dsnRecipient),
    original: { octets: accepted.octets, header: { start: 0, end: headerSize } },
    returns: hasFailed && mail.ret !== 'headers' ? 'full' : 'headers',
    international: mail.isUtf8,
  })
}

function dsnRecipient(reported: Reported): DsnRecipient {
  const { address, originalRecipient, action, status, explanation } = reported
  return {
    address,
    ...(originalRecipient === undefined ? {} : { original: originalRecipient }),
    action,
    status,
    explanation,
  }
}

/** The report on its way: into the sender's mailbox, or into the queue with the null sender (RFC 3461 §6.1). */
async function addressed(
  store: Pick<Store, 'resolve'>,
  hostname: string,
  to: string,
  queueId: string,
  octets: Buffer,
): Promise<Delivery | undefined> {
  const found = await store.resolve(to)
  const receivedAt = new Date()
  const facts = computeFacts(octets)
  const base = { octets, facts, receivedAt, queueId }
  const trace = receivedField({
    session: { helo: undefined, isExtended: true, remoteAddress: '', tls: undefined },
    isUtf8: false,
    isAuthenticated: false,
    client: 'none',
    by: hostname,
    queueId,
    recipient: to,
    at: formatDateTime(receivedAt),
  })
  if (found.kind === 'local') {
    const prefix = Buffer.from(returnPathField('') + trace)
    const { account } = found.account
    return { ...base, recipients: [{ account, mailbox: 'INBOX', prefix, flags: [] }] }
  }
  if (found.kind !== 'foreign') return undefined
  const outbound = {
    account: null,
    sender: '',
    prefix: Buffer.from(trace),
    recipients: [{ address: to, notify: ['never'] as const }],
    isEightBit: !isAscii(octets.toString('latin1')),
    needsSmtpUtf8: !isAscii(to),
  }
  return { ...base, recipients: [], outbound }
}
