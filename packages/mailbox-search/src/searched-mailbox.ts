import type { Interval, SequenceSet } from '@posthouse/imap-wire'
import type { OpenMailbox } from '@posthouse/store'

/** The messages that are looked at, and how they are numbered: 1 to `size`, by ascending UID. */
export interface MessageNumbers {
  readonly size: number
  /** The highest UID, 0 where there is none. */
  readonly lastUid: number
  /** The UIDs of a range of sequence numbers, in order. The range lies inside 1 to `size`. */
  uidsOf(range: { readonly from: number; readonly to: number }): Uint32Array
}

/** A mailbox as whoever searches sees it: an IMAP session's view, or the mailbox as it stands. */
export interface SearchedMailbox {
  readonly open: OpenMailbox
  readonly numbers: MessageNumbers
  /** What `$` stands for, as UIDs and as sequence numbers (RFC 5182 §2.1). */
  readonly saved: readonly Interval[]
  savedNumbers(set: SequenceSet): readonly Interval[]
}

/** A mailbox as it stands at this moment, for who keeps no session: `$` is empty. */
export function searchedMailbox(open: OpenMailbox): SearchedMailbox {
  const { state } = open
  const uids = Uint32Array.from({ length: state.size }, (_, i) => state.uidAt(i))
  return {
    open,
    numbers: {
      size: uids.length,
      lastUid: uids.at(-1) ?? 0,
      uidsOf: ({ from, to }) => uids.subarray(from - 1, to),
    },
    saved: [],
    savedNumbers: () => [],
  }
}
