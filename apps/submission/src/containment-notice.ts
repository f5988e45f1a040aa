import { isAscii as isAsciiOctets } from 'node:buffer'
import { computeFacts, formatDateTime } from '@posthouse/message'
import { deliveredToField, isAscii, returnPathField } from '@posthouse/smtp'
import {
  newUuid,
  uuidToBase32,
  type Account,
  type LocalDestination,
  type QueueSubmission,
} from '@posthouse/store'
import type { WatchServices } from './sending-watch.ts'

/** Tells the postmasters, and the account's owner, that an account was stopped, and what to do. */
export async function tellOfContainment(
  services: Omit<WatchServices, 'log'>,
  account: Account,
  because: string,
): Promise<void> {
  const { store } = services
  const domain = account.address.slice(account.address.lastIndexOf('@') + 1)
  const found = await store.resolveAll([`postmaster@${domain}`, 'postmaster'])
  const here = found.flatMap((one): readonly LocalDestination[] => {
    if (one.kind === 'local') return [one.account]
    return one.kind === 'alias' ? one.accounts : []
  })
  const away = found.flatMap((one) => (one.kind === 'alias' ? one.remote : []))
  const unique = new Map(here.map((one) => [one.account, one]))
  const postmasters = { here: [...unique.values()], away: away.map(({ address }) => address) }
  await deliver(services, postmasters, forPostmaster(account.address, because))
  const owner = { account: account.id, address: account.address, detail: '' }
  if (!unique.has(account.id))
    await deliver(services, { here: [owner], away: [] }, forOwner(account.address))
}

/** Whom a notice goes to: mailboxes, and addresses elsewhere. */
interface Readers {
  readonly here: readonly LocalDestination[]
  readonly away: readonly string[]
}

interface Notice {
  readonly subject: string
  readonly lines: readonly string[]
}

/** What happened, what it means, what to do: the commands stand on lines of their own. */
function forPostmaster(address: string, because: string): Notice {
  return {
    subject: 'An account was stopped from sending mail',
    lines: [
      `${address} looks as if somebody else uses it:`,
      `${because}.`,
      '',
      'Its mail in the queue is held, nothing more is taken from it, and its sessions have ended. It still receives mail.',
      '',
      'See what it wanted to send:',
      `  posthouse queue list --account ${address}`,
      'If it was misused, set another password, revoke its app passwords, and delete what is held:',
      `  posthouse account passwd ${address}`,
      `  posthouse account release ${address} --purge`,
      'If it was its owner, let it go:',
      `  posthouse account release ${address}`,
    ],
  }
}

function forOwner(address: string): Notice {
  return {
    subject: 'Your account was stopped from sending mail',
    lines: [
      `Mail was sent from ${address} in a way that looks as if somebody else knows your password.`,
      'Until your postmaster has looked at it nothing more is sent, and what was waiting is held. You still receive mail.',
      '',
      'If it was you, tell your postmaster. If it was not, ask for another password, and use it nowhere else.',
    ],
  }
}

async function deliver(
  { store, hostname }: Omit<WatchServices, 'log'>,
  { here, away }: Readers,
  { subject, lines }: Notice,
): Promise<void> {
  if (here.length + away.length === 0) return
  const queueId = uuidToBase32(newUuid())
  const receivedAt = new Date()
  const header = [
    `From: Posthouse <postmaster@${hostname}>`,
    `To: <postmaster@${hostname}>`,
    `Subject: ${subject}`,
    `Date: ${formatDateTime(receivedAt)}`,
    `Message-ID: <${queueId}@${hostname}>`,
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8',
    'Content-Transfer-Encoding: 8bit',
    // RFC 3834 §5: nobody's autoreply answers it.
    'Auto-Submitted: auto-generated',
  ]
  const octets = Buffer.from(`${[...header, '', ...lines].join('\r\n')}\r\n`)
  await store.deliver({
    octets,
    facts: computeFacts(octets),
    receivedAt,
    queueId,
    origin: { door: 'report', sender: '' },
    recipients: here.map(({ account, address }) => ({
      account,
      mailbox: 'INBOX',
      prefix: Buffer.from(returnPathField('') + deliveredToField(address)),
      flags: ['\\Flagged'],
    })),
    ...(away.length > 0 && { outbound: outboundTo(away, octets) }),
  })
}

/** From nobody, so that nobody is told of its end (RFC 3464 §2). */
function outboundTo(addresses: readonly string[], octets: Buffer): QueueSubmission {
  return {
    account: null,
    sender: '',
    prefix: Buffer.alloc(0),
    recipients: [...new Set(addresses)].map((address) => ({ address, notify: ['never'] })),
    isEightBit: !isAsciiOctets(octets),
    needsSmtpUtf8: addresses.some((address) => !isAscii(address)),
    origin: 'report',
  }
}
