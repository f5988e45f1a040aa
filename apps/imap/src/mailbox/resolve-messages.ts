import { intervalsInclude, resolveSet, type SequenceSet } from '@posthouse/imap-wire'
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
    return resolveSet(set, numbers.lastUid)
      .map(({ first, last }) => ({
        from: numbers.countBelow(first) + 1,
        to: numbers.countBelow(last + 1),
      }))
      .filter(({ from, to }) => from <= to)
  }
  const intervals = resolveSet(set, numbers.size)
  const highest = intervals.at(-1)
  if (highest === undefined || highest.last > numbers.size) return undefined
  return intervals.map(({ first, last }) => ({ from: first, to: last }))
}

/** Those of `uids` that are in a UID set. */
export function resolveUids(
  selected: SelectedMailbox,
  set: SequenceSet,
  uids: readonly Uid[],
): readonly Uid[] {
  const intervals = resolveSet(set, selected.numbers.lastUid)
  return uids.filter((uid) => intervalsInclude(intervals, uid))
}

/** The UIDs of ranges, ascending. */
export function uidsOf(selected: SelectedMailbox, ranges: readonly SeqRange[]): readonly Uid[] {
  const uids: Uid[] = []
  for (const range of ranges)
    for (const uid of selected.numbers.uidsOf(range)) uids.push(asUid(uid))
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
