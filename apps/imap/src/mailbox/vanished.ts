import {
  formatVanished,
  intersectIntervals,
  intervalsOf,
  resolveSet,
  type Interval,
  type NumberRange,
  type QresyncArguments,
  type SequenceSet,
} from '@posthouse/imap-wire'
import { modSeq as asModSeq, type MailboxView, type ModSeq } from '@posthouse/store'
import type { SequenceNumbers } from './sequence-numbers.ts'

/** What is looked at of a selected mailbox. */
export interface VanishedView {
  readonly numbers: SequenceNumbers
  readonly saved: readonly Interval[]
  readonly open: {
    readonly state: Pick<MailboxView, 'size' | 'uidNext' | 'uidAt' | 'lowerBound'>
    vanishedSince(modSeq: ModSeq): Promise<readonly number[] | undefined>
  }
}

/**
 * VANISHED (EARLIER): which of these UIDs were expunged after a mod-sequence (RFC 7162 §3.2.6). Where the
 * store does not remember that far, all of them that are not there (§5), from the point on up to which
 * the client's numbers still hold (§3.2.5.2).
 */
export async function vanishedEarlier(
  view: VanishedView,
  uids: SequenceSet,
  since: number,
  match?: QresyncArguments['match'],
): Promise<Buffer> {
  const { numbers, open, saved } = view
  const history = await open.vanishedSince(asModSeq(since))
  const gone =
    history === undefined
      ? missing(view, match)
      : // What is not told yet is told by VANISHED without EARLIER.
        intervalsOf(history.filter((uid) => numbers.seqOf(uid) === 0))
  const wanted = resolveSet(uids, numbers.lastUid, saved)
  return formatVanished(intersectIntervals(gone, wanted), true)
}

/** Every UID that was given and is not there any more. */
function missing({ numbers, open }: VanishedView, match: QresyncArguments['match']): Interval[] {
  const { state } = open
  const untold = state.lowerBound(numbers.lastUid + 1)
  const end = untold < state.size ? state.uidAt(untold) : state.uidNext
  const gaps = numbers.gaps(end - 1)
  const start = match === undefined ? 1 : matchedUid(numbers, match) + 1
  return intersectIntervals(gaps, [{ first: start, last: Math.max(start, end) }])
}

/**
 * The highest UID that has the number it had for the client, 0 when there is none: nothing below it
 * has gone. Where one pair holds, those before it do.
 */
function matchedUid(
  known: SequenceNumbers,
  { numbers, uids }: NonNullable<QresyncArguments['match']>,
): number {
  let low = 0
  let high = numbers.reduce((sum, { first, last }) => sum + last - first + 1, 0)
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    if (known.uidAt(nth(numbers, middle)) === nth(uids, middle)) low = middle + 1
    else high = middle
  }
  return low === 0 ? 0 : nth(uids, low - 1)
}

/** The number at an index of ascending ranges. */
function nth(ranges: readonly NumberRange[], index: number): number {
  let before = 0
  for (const { first, last } of ranges) {
    const size = last - first + 1
    if (index < before + size) return first + index - before
    before += size
  }
  return 0
}
