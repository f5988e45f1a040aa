import {
  intersectIntervals,
  type Interval,
  intervalsInclude,
  intervalsOf,
  resolveResultRange,
  resolveSet,
  type ResultRange,
  type SequenceSet,
} from '@posthouse/imap-wire'
import { uid as asUid, type Uid } from '@posthouse/store'
import type { SelectedMailbox } from './selected-mailbox.ts'
import type { SeqRange } from './sequence-numbers.ts'

/**
 * The messages a client means, as ascending ranges of its sequence numbers; never spelt out, so
 * that `1:4294967295` costs no more than `1`. Undefined where it counts messages that it cannot
 * have: that is its mistake (RFC 3501 §9, seq-number). UIDs that are not there are passed over
 * (RFC 3501 §6.4.8).
 */
export function resolveMessages(
  selected: SelectedMailbox,
  set: SequenceSet,
  byUid: boolean,
): readonly SeqRange[] | undefined {
  const { numbers } = selected
  if (byUid) {
    return resolveSet(set, numbers.lastUid, selected.saved)
      .map(({ first, last }) => ({
        from: numbers.countBelow(first) + 1,
        to: numbers.countBelow(last + 1),
      }))
      .filter(({ from, to }) => from <= to)
  }
  const intervals = resolveSet(set, numbers.size, selected.savedNumbers(set))
  const highest = intervals.at(-1)
  // RFC 5182 §2.1: an empty `$` is no mistake.
  if (highest === undefined) return set.every((part) => part === '$') ? [] : undefined
  if (highest.last > numbers.size) return undefined
  return intervals.map(rangeOf)
}

/** Those of `uids` that are in a UID set. */
export function resolveUids(
  selected: SelectedMailbox,
  set: SequenceSet,
  uids: readonly Uid[],
): readonly Uid[] {
  const intervals = resolveSet(set, selected.numbers.lastUid, selected.saved)
  return uids.filter((uid) => intervalsInclude(intervals, uid))
}

/** Those messages of ascending ranges that were changed after a mod-sequence (RFC 7162 §3.1.4.1). */
export function changedSince(
  { numbers, open: { state } }: SelectedMailbox,
  ranges: readonly SeqRange[],
  modSeq: number,
): readonly SeqRange[] {
  const seqs = state.changedSince(modSeq).map((index) => numbers.seqOf(state.uidAt(index)))
  // Messages that the client was not told of have no number; they are the last.
  const changed = intervalsOf(seqs.filter((seq) => seq > 0))
  const wanted = ranges.map(({ from, to }) => ({ first: from, last: to }))
  return intersectIntervals(changed, wanted).map(rangeOf)
}

/** A page of the messages of ascending ranges (RFC 9394 §3.3). */
export function pageOf(ranges: readonly SeqRange[], page: ResultRange): readonly SeqRange[] {
  const count = ranges.reduce((sum, { from, to }) => sum + to - from + 1, 0)
  const { start, end } = resolveResultRange(page, count)
  let before = 0
  return ranges.flatMap(({ from, to }) => {
    const first = Math.max(from, from + start - before)
    const last = Math.min(to, from + end - 1 - before)
    before += to - from + 1
    return first <= last ? [{ from: first, to: last }] : []
  })
}

function rangeOf({ first, last }: Interval): SeqRange {
  return { from: first, to: last }
}

/** The UIDs of ranges, ascending. */
export function uidsOf(selected: SelectedMailbox, ranges: readonly SeqRange[]): Uint32Array {
  const [first] = ranges
  if (ranges.length === 1 && first !== undefined) return selected.numbers.uidsOf(first)
  const uids = new Uint32Array(ranges.reduce((sum, { from, to }) => sum + to - from + 1, 0))
  let at = 0
  for (const range of ranges) {
    uids.set(selected.numbers.uidsOf(range), at)
    at += range.to - range.from + 1
  }
  return uids
}

/** Some messages of a command: their numbers and UIDs, index by index. */
export interface MessageBlock {
  readonly seqs: readonly number[]
  readonly uids: readonly Uid[]
}

/** Cuts ranges into blocks of at most `size` messages. The numbers must hold still meanwhile. */
export function* blocksOf(
  selected: SelectedMailbox,
  ranges: readonly SeqRange[],
  size: number,
): Generator<MessageBlock, void> {
  let seqs: number[] = []
  let uids: Uid[] = []
  for (const range of ranges) {
    for (let from = range.from; from <= range.to;) {
      const to = Math.min(range.to, from + size - seqs.length - 1)
      for (const [i, uid] of selected.numbers.uidsOf({ from, to }).entries()) {
        seqs.push(from + i)
        uids.push(asUid(uid))
      }
      from = to + 1
      if (seqs.length < size) continue
      yield { seqs, uids }
      seqs = []
      uids = []
    }
  }
  if (seqs.length > 0) yield { seqs, uids }
}
