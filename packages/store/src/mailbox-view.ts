import type { MessageId, ModSeq, Uid } from './ids.ts'

/**
 * What readers may see of a mailbox's state: messages by ascending UID at indexes 0 to size - 1.
 *
 * The state is shared and moves whenever the process learns of a change, so an index means something only until the
 * next `await`. Sequence numbers are the session's own business.
 */
export interface MailboxView {
  readonly size: number
  readonly uidValidity: number
  readonly uidNext: Uid
  readonly highestModSeq: ModSeq
  readonly unseen: number
  readonly deleted: number
  /** Sum of RFC822.SIZE. */
  readonly bytes: number
  uidAt(index: number): Uid
  flagsAt(index: number): number
  modSeqAt(index: number): ModSeq
  messageIdAt(index: number): MessageId
  sizeAt(index: number): number
  /** The internal date, seconds since 1970. */
  receivedAt(index: number): number
  /** The index of this UID, or -1. */
  indexOf(uid: Uid): number
  /** The indexes, below `end`, of messages changed after this modseq (RFC 7162 CHANGEDSINCE). */
  changedSince(modSeq: number, end?: number): readonly number[]
  /** The index of the first UID not below this one; `size` where there is none. */
  lowerBound(uid: number): number
}
