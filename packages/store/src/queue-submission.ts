import type { AccountId } from './ids.ts'

/** A message for foreign domains, put into the queue in the transaction that delivers its local copies. */
export interface QueueSubmission {
  /** The account that submitted it; null for our own reports. Bounces go to its `sender`. */
  readonly account: AccountId | null
  /** The envelope sender, `''` for the null reverse-path (RFC 5321 §4.5.5). Its domain is an A-label. */
  readonly sender: string
  /** What we prepend (Received …): whole header fields, each ending in CRLF. */
  readonly prefix: Buffer
  /** Never empty. One row per recipient: each has an outcome of its own. */
  readonly recipients: readonly QueueRecipientRequest[]
  /** ENVID (RFC 3461 §4.4), decoded. */
  readonly envelopeId?: string
  /** RET (RFC 3461 §4.3): what a report returns. */
  readonly returnContent?: 'full' | 'headers'
  /** The message needs 8BITMIME from the next host (RFC 6152). */
  readonly isEightBit: boolean
  /** The envelope or the header needs SMTPUTF8 (RFC 6531). */
  readonly needsSmtpUtf8: boolean
  /** MAIL FROM carried REQUIRETLS (RFC 8689). */
  readonly requiresTls?: boolean
  /** The header says `TLS-Required: no` (RFC 8689 §5). */
  readonly isTlsOptional?: boolean
  /** Who made it; `submitted` where it is not said. */
  readonly origin?: QueueOrigin
  /** The domain of From, as A-label, of what one of our accounts wrote: it is signed for it. */
  readonly authorDomain?: string
  /** To one destination what is above 0 goes before the rest, and what is below after it; 0 where it is not said. */
  readonly priority?: number
  /** Why it is not to go before somebody releases it: its account is suspected of being misused. */
  readonly held?: string
  /** Not before (FUTURERELEASE, RFC 4865). */
  readonly releaseAt?: Date
  /** Given up then; by default the usual lifetime after it could first go. */
  readonly expiresAt?: Date
}

/** Why a message is in the queue: an account sent it, an alias passes it on, we report, or an account's autoreply. */
export type QueueOrigin = 'submitted' | 'forwarded' | 'report' | 'autoreply'

/** One foreign recipient. */
export interface QueueRecipientRequest {
  /** The forward-path, local part as written, domain as A-label. */
  readonly address: string
  /** ORCPT (RFC 3461 §4.2) as `type;address`, decoded. */
  readonly originalRecipient?: string
  /** NOTIFY (RFC 3461 §4.1); absent means failure and delay. */
  readonly notify?: readonly ('never' | 'success' | 'failure' | 'delay')[]
  /** A target of a forwarding: `RemoteTarget.path`, by which its health is kept. */
  readonly path?: string
}
