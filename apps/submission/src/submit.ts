import { formatDateTime } from '@posthouse/message'
import { receive, type Destination, type Reception } from '@posthouse/reception'
import { replies, type Envelope, type Reply, type SmtpSession } from '@posthouse/smtp'
import { newUuid, uuidToBase32, type Store } from '@posthouse/store'
import { readAuthor } from './author.ts'
import { complete } from './complete.ts'
import { ownsAddresses } from './ownership.ts'
import type { User } from './sign-in.ts'
import { readHeader } from './strict-header.ts'

/** A message from one of our users: checked, completed, committed. */
export async function submit(
  reception: Reception & { readonly store: Store },
  octets: Buffer,
  envelope: Envelope<Destination>,
  session: SmtpSession<User>,
): Promise<Reply> {
  const { user } = session
  if (user === undefined) return replies.authRequired
  if (user.out.aborted) return replies.signInAgain
  const header = readHeader(octets)
  const author = header === undefined ? undefined : readAuthor(header)
  if (header === undefined || author === undefined) {
    reception.log.info('smtp.from.malformed', {
      session: session.id,
      account: user.account.address,
    })
    return replies.malformedFrom
  }
  if (!(await ownsAddresses(reception.store, user.account.id, author.addresses))) {
    reception.log.info('smtp.from.foreign', {
      session: session.id,
      account: user.account.address,
      addresses: author.addresses.slice(0, 10),
    })
    return replies.foreignFrom
  }
  const receivedAt = new Date()
  const queueId = uuidToBase32(newUuid())
  const completed = complete(octets, header, {
    date: formatDateTime(receivedAt),
    messageId: `<${queueId}@${reception.hostname}>`,
    sender: author.needsSender ? user.account.address : undefined,
  })
  return await receive(reception, {
    octets: completed,
    envelope,
    session,
    account: user.account.id,
    // Where our users sit is nobody's business.
    client: 'hidden',
    receivedAt,
    queueId,
  })
}
