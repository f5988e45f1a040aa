import { computeFacts, formatDateTime } from '@posthouse/message'
import { isAscii, receivedField, returnPathField } from '@posthouse/smtp'
import type { Delivery, QueueSubmission, Reached, Resolution, Store } from '@posthouse/store'

/**
 * A message that we write ourselves, with the null sender: a report, or an account's autoreply. What it answers required TLS:
 * it does, too (RFC 8689 §5).
 */
export interface OwnMail extends Pick<QueueSubmission, 'account' | 'authorDomain' | 'requiresTls'> {
  readonly origin: 'report' | 'autoreply'
  readonly to: string
  readonly octets: Buffer
  /** Its own. */
  readonly queueId: string
  /** That of the message it answers or reports on. */
  readonly about: string
}

/**
 * Our own mail on its way: into mailboxes here, or into the queue. Nothing is told of what becomes of it (RFC 3461 §6.1).
 * Undefined where its recipient is not there. An account's forward is not followed: what stays in the mailbox makes no loop.
 */
export async function ownDelivery(
  store: Pick<Store, 'resolve'>,
  hostname: string,
  mail: OwnMail,
): Promise<Delivery | undefined> {
  const { to, octets, queueId } = mail
  const reached = reachedFrom(await store.resolve(to), mail)
  if (reached === undefined) return undefined
  const receivedAt = new Date()
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
  const prefix = Buffer.from(returnPathField('') + trace)
  const remote = reached.remote.map(({ address }) => address)
  return {
    octets,
    facts: computeFacts(octets),
    receivedAt,
    queueId,
    origin: { door: mail.origin, sender: '', about: mail.about },
    recipients: reached.accounts.map(({ account }) => {
      return { account, mailbox: 'INBOX', prefix, flags: [] }
    }),
    ...(remote.length > 0 && { outbound: outboundOf(mail, remote, trace) }),
  }
}

function outboundOf(mail: OwnMail, remote: readonly string[], trace: string): QueueSubmission {
  const { account, authorDomain, origin, octets, requiresTls = false } = mail
  const header = octets.toString('latin1')
  return {
    account,
    sender: '',
    origin,
    requiresTls,
    ...(authorDomain !== undefined && { authorDomain }),
    prefix: Buffer.from(trace),
    recipients: remote.map((address) => ({ address, notify: ['never'] as const })),
    isEightBit: !isAscii(header),
    needsSmtpUtf8: !remote.every(isAscii),
  }
}

/** A sender that we rewrote gets reports, which go back to him, and no answers of people's. */
function reachedFrom(
  found: Resolution,
  { to, origin }: OwnMail,
):
  | { readonly accounts: Reached['accounts']; readonly remote: readonly { address: string }[] }
  | undefined {
  switch (found.kind) {
    case 'local':
      return { accounts: [found.account], remote: [] }
    case 'alias':
      return found
    case 'returned':
      return origin === 'report' ? found : undefined
    case 'foreign':
      return { accounts: [], remote: [{ address: to }] }
    default:
      return undefined
  }
}
