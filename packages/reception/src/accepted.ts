import type { Envelope, SmtpSession } from '@posthouse/smtp'
import type { AccountId, QueueSubmission } from '@posthouse/store'
import type { Destination } from './destination.ts'

/** A message that a door has accepted. */
export interface Accepted {
  readonly octets: Buffer
  readonly envelope: Envelope<Destination>
  readonly session: Pick<
    SmtpSession<unknown>,
    'id' | 'helo' | 'isExtended' | 'remoteAddress' | 'tls'
  >
  /** Who submitted it; null for mail from the world. */
  readonly account: AccountId | null
  /** Whether the Received field tells where the client sits. */
  readonly client: 'shown' | 'hidden'
  /** What a door knows of how it is to go on, beside the envelope. */
  readonly sending?: Pick<QueueSubmission, 'authorDomain' | 'priority'>
  readonly receivedAt: Date
  /** 26 characters, made for this message. */
  readonly queueId: string
}
