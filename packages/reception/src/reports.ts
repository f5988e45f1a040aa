import { buildDsn, type DsnAction, type DsnRecipient } from '@posthouse/message'
import { newUuid, uuidToBase32, type Store } from '@posthouse/store'
import type { Accepted } from './accepted.ts'
import { ownDelivery } from './own-mail.ts'

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
  const { sender, requiresTls } = accepted.envelope.mail
  if (sender.address === '' || recipients.length === 0) return
  const queueId = uuidToBase32(newUuid())
  const octets = reportOctets(hostname, accepted, headerSize, recipients, queueId)
  const delivery = await ownDelivery(store, hostname, {
    account: null,
    origin: 'report',
    to: sender.address,
    octets,
    queueId,
    about: accepted.queueId,
    requiresTls: requiresTls ?? false,
  })
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
    // Of a message that required TLS its header alone (RFC 8689 §5).
    returns: hasFailed && mail.ret !== 'headers' && mail.requiresTls !== true ? 'full' : 'headers',
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
