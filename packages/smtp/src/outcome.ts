import type { Notify } from './rcpt-parameters.ts'
import type { Reply } from './reply.ts'

/** What became of one recipient of one attempt. */
export type RecipientOutcome =
  /** The peer took the message for this recipient. */
  | { readonly kind: 'delivered'; readonly reply: Reply }
  /** Try again later: a 4yz reply, or no reply at all. `status`: in the words of RFC 3463, where it is our own judgement. */
  | {
      readonly kind: 'deferred'
      readonly reply?: Reply
      readonly because: string
      readonly status?: string
    }
  /** Never: a 5yz reply, or (`local`) our own judgement in the form of one. */
  | { readonly kind: 'bounced'; readonly reply: Reply; readonly local: boolean }
  /** The connection was lost after the final dot: the peer may or may not have the message. */
  | { readonly kind: 'unknown'; readonly because: string }

/** A recipient of one attempt. Its DSN wishes go on to peers that offer DSN (RFC 3461 §5.2). */
export interface OutboundRecipient {
  readonly address: string
  /** NOTIFY (RFC 3461 §4.1). */
  readonly notify?: readonly Notify[]
  /** ORCPT as `type;address`, decoded (RFC 3461 §4.2). */
  readonly originalRecipient?: string
}

/** One message for one transaction. */
export interface OutboundMessage {
  /** Envelope sender; empty for the null sender. */
  readonly sender: string
  readonly recipients: readonly OutboundRecipient[]
  /** The whole message, in pieces (trace header, content). Bare CR or LF go out as CR LF. */
  readonly octets: readonly Buffer[]
  /** The octets go beyond ASCII: only for peers with 8BITMIME (RFC 6152 §3). */
  readonly isEightBit: boolean
  /** The header goes beyond ASCII: only for peers with SMTPUTF8 (RFC 6531 §3.5). */
  readonly needsSmtpUtf8: boolean
  /** Protected all the way (RFC 8689): only over TLS, to peers with REQUIRETLS. The certificate is the caller's business. */
  readonly requiresTls?: boolean
  /** RET (RFC 3461 §4.3). */
  readonly returnContent?: 'full' | 'headers'
  /** ENVID, decoded (RFC 3461 §4.4). */
  readonly envelopeId?: string
}

/** What one transaction came to. */
export interface SendResult {
  /** In the order of the message's recipients. */
  readonly recipients: readonly { readonly address: string; readonly outcome: RecipientOutcome }[]
  /** True when the connection can take another message. */
  readonly reusable: boolean
}

/** Why there is no session with a peer. */
export interface ConnectFailure {
  readonly stage: 'connect' | 'greeting' | 'ehlo' | 'tls' | 'auth' | 'aborted'
  /** The peer's words, where it said any. */
  readonly reply?: Reply
  /** For the log and the trace. */
  readonly because: string
}
