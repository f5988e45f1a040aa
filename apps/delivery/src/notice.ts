import type { DsnRecipient } from '@posthouse/message'
import { type Cause, describeReply, type Reply } from '@posthouse/smtp'
import type { ClaimedRecipient, TlsPolicyName } from '@posthouse/store'

/** What the sender is told of. */
export type NoticeKind = 'failure' | 'delay' | 'success'

/** Who was asked, and what of it matters for reports. */
export interface Peer {
  /** Undefined when no host was reached. */
  readonly host: string | undefined
  /** It promised to send reports itself (RFC 3461 §5.2.2). */
  readonly sendsReports: boolean
  /** What protected the connection, in words. */
  readonly tls?: string
  /** By whose word; absent where no connection came about. */
  readonly policy?: TlsPolicyName | 'local'
}

/** Nobody was asked. */
export const nobody: Peer = { host: undefined, sendsReports: false }

/** What of a recipient matters here. */
export type Addressed = Pick<ClaimedRecipient, 'address' | 'originalRecipient' | 'notify'>

/** What a report says of one recipient. */
export interface Fate {
  readonly action: DsnRecipient['action']
  /** The enhanced status code. */
  readonly status: string
  readonly cause?: Cause
  /** What the peer said; left out where nobody said anything. */
  readonly answer?: Reply | undefined
  /** What there is to add, in words for the sender. */
  readonly remark?: string | undefined
  readonly retryUntil?: Date
}

/** NOTIFY; without it failure and delay (RFC 3461 §4.1). */
export function wants(recipient: Addressed, kind: NoticeKind): boolean {
  return (recipient.notify ?? ['failure', 'delay']).includes(kind)
}

/** One recipient's block of a report. What we found out ourselves is the cause's to say: never the words of our log. */
export function describeFate(recipient: Addressed, fate: Fate, peer: Peer): DsnRecipient {
  const { address, originalRecipient } = recipient
  const { action, status, cause, answer, remark, retryUntil } = fate
  return {
    address,
    action,
    status,
    ...(originalRecipient === undefined ? {} : { original: originalRecipient }),
    ...(peer.host === undefined ? {} : { remoteMta: peer.host }),
    ...(answer === undefined || peer.host === undefined ? {} : { reply: describeReply(answer) }),
    ...(cause === undefined ? {} : { explanation: cause.say, advice: cause.next }),
    ...(remark === undefined ? {} : { remark }),
    ...(retryUntil === undefined ? {} : { retryUntil }),
    lastAttempt: new Date(),
  }
}
