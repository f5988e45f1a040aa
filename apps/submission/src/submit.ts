import { formatDateTime } from '@posthouse/message'
import { receive, type Destination, type Reception } from '@posthouse/reception'
import { isPositive, replies, type Envelope, type Reply, type SmtpSession } from '@posthouse/smtp'
import { newUuid, uuidToBase32, type Store } from '@posthouse/store'
import { readAuthor, type Author } from './author.ts'
import { complete } from './complete.ts'
import { leaveReply } from './leave-reply.ts'
import { priorityOf } from './priority.ts'
import type { SendingWatch } from './sending-watch.ts'
import type { User } from './sign-in.ts'
import { readHeader, type StrictHeader } from './strict-header.ts'

/** What taking mail from our users needs. */
export interface SubmissionServices extends Reception {
  readonly store: Store
  readonly watch: SendingWatch
}

interface Submission {
  readonly octets: Buffer
  readonly envelope: Envelope<Destination>
  readonly session: SmtpSession<User>
  readonly user: User
}

/** What was read of a message: whose it is, or why it is refused. */
type Checked =
  | { readonly ok: true; readonly header: StrictHeader; readonly author: Author }
  | { readonly ok: false; readonly reply: Reply }

/** A message from one of our users: checked, completed, committed. */
export async function submit(
  services: SubmissionServices,
  octets: Buffer,
  envelope: Envelope<Destination>,
  session: SmtpSession<User>,
): Promise<Reply> {
  const { user } = session
  if (user === undefined) return replies.authRequired
  if (user.out.aborted) return replies.signInAgain
  const submission = { octets, envelope, session, user }
  const checked = await check(services, submission)
  if (!checked.ok) return checked.reply
  const { account } = user
  const addresses = envelope.recipients.map(({ rcpt }) => rcpt.recipient.address)
  const leave = await services.watch.leave(account, addresses, session.remoteAddress)
  if (leave.kind !== 'free') {
    const { log } = services
    log.info('smtp.sending.refused', { session: session.id, account: account.address, ...leave })
    return leaveReply(leave)
  }
  const answer = await take(services, submission, checked)
  if (isPositive(answer)) user.sent += 1
  else await services.store.sending.giveBack(account.id)
  return answer
}

async function check(
  { store, log }: SubmissionServices,
  { octets, envelope, session, user }: Submission,
): Promise<Checked> {
  const { account } = user
  const header = readHeader(octets)
  // Who writes no From is who signed in, as whom the envelope says (RFC 6409 §8 lets us complete it).
  const fallback = envelope.mail.sender.address || account.address
  const author = header === undefined ? undefined : readAuthor(header, fallback)
  const told = { session: session.id, account: account.address }
  if (header === undefined || author === undefined) {
    log.info('smtp.from.malformed', told)
    return { ok: false, reply: replies.malformedFrom }
  }
  if (!(await store.sending.mayWriteAs(account.id, author.addresses))) {
    log.info('smtp.from.foreign', { ...told, addresses: author.addresses.slice(0, 10) })
    return { ok: false, reply: replies.foreignFrom }
  }
  if (author.needsSender) {
    const settings = await store.accountSettings.of(account.id)
    if (settings['send.sender'] === 'refuse') return { ok: false, reply: replies.senderMissing }
  }
  return { ok: true, header, author }
}

async function take(
  services: SubmissionServices,
  { octets, envelope, session, user }: Submission,
  { header, author }: Extract<Checked, { ok: true }>,
): Promise<Reply> {
  const receivedAt = new Date()
  const queueId = uuidToBase32(newUuid())
  const completed = complete(octets, header, {
    date: formatDateTime(receivedAt),
    messageId: `<${queueId}@${services.hostname}>`,
    sender: author.needsSender ? user.account.address : undefined,
    from: author.isAdded ? author.addresses[0] : undefined,
  })
  const [first = ''] = author.addresses
  return await receive(services, {
    octets: completed,
    envelope,
    session,
    account: user.account.id,
    // Where our users sit is nobody's business.
    client: 'hidden',
    sending: {
      authorDomain: first.slice(first.lastIndexOf('@') + 1),
      priority: priorityOf(header, envelope.recipients.length),
    },
    receivedAt,
    queueId,
  })
}
