import type { Reply } from './reply.ts'

/** What became of one recipient of one attempt. */
export type RecipientOutcome =
  /** The peer took the message for this recipient. */
  | { readonly kind: 'delivered'; readonly reply: Reply }
  /** Try again later: a 4yz reply, or no reply at all. */
  | { readonly kind: 'deferred'; readonly reply?: Reply; readonly because: string }
  /** Never: a 5yz reply, or (`local`) our own judgement in the form of one. */
  | { readonly kind: 'bounced'; readonly reply: Reply; readonly local: boolean }
  /** The connection was lost after the final dot: the peer may or may not have the message. */
  | { readonly kind: 'unknown'; readonly because: string }

/** A recipient of one attempt; `notify` and `orcpt` are sent as they were received (RFC 3461 §5.2.1). */
export interface OutboundRecipient {
  readonly address: string
  /** Value of NOTIFY, for example `SUCCESS,FAILURE`. */
  readonly notify?: string
  /** Value of ORCPT as it stood on the wire, `rfc822;xtext`. */
  readonly orcpt?: string
}

/** One message for one transaction. */
export interface OutboundMessage {
  /** Envelope sender; empty for the null sender. */
  readonly sender: string
  readonly recipients: readonly OutboundRecipient[]
  /** The whole message, in pieces (trace header, content). */
  readonly octets: readonly Buffer[]
  /** The header holds UTF-8 or an address needs it: only for peers with SMTPUTF8 (RFC 6531). */
  readonly utf8?: boolean
  readonly ret?: 'FULL' | 'HDRS'
  /** ENVID as it stood on the wire, xtext. */
  readonly envid?: string
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
  readonly stage: 'connect' | 'greeting' | 'ehlo' | 'tls' | 'aborted'
  /** The peer's words, where it said any. */
  readonly reply?: Reply
  /** For the log and the trace. */
  readonly because: string
}
