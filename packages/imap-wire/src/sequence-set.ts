import type { Cursor } from './cursor.ts'
import { nzNumber } from './numbers.ts'

/** One end of a range: a number, or the largest in use. */
export type SetEdge = number | '*'

/** `seq-number` or `seq-range`; the ends may stand in either order (RFC 3501 §9). */
export interface SetRange {
  readonly first: SetEdge
  readonly last: SetEdge
}

/** Message numbers or UIDs as the client named them; never expanded. */
export type SequenceSet = readonly SetRange[]

/** A closed interval, first <= last. */
export interface Interval {
  readonly first: number
  readonly last: number
}

const star = 0x2a
const colon = 0x3a
const comma = 0x2c

/** `sequence-set = (seq-number / seq-range) *("," sequence-set)` (RFC 3501 §9). */
export function sequenceSet(c: Cursor): SequenceSet {
  const ranges: SetRange[] = []
  do {
    const first = edge(c)
    ranges.push({ first, last: c.accept(colon) ? edge(c) : first })
  } while (c.accept(comma))
  return ranges
}

/** True when a sequence set comes next. */
export function startsSequenceSet(c: Cursor): boolean {
  const octet = c.peek()
  return octet === star || (octet >= 0x30 && octet <= 0x39)
}

function edge(c: Cursor): SetEdge {
  return c.accept(star) ? '*' : nzNumber(c)
}

/**
 * The set as ascending intervals that neither overlap nor touch, `*` standing for `largest`.
 *
 * `largest` 0 means that there is no message: ranges that need `*` are then empty. Numbers above
 * `largest` are kept; `559:*` contains the largest even when that is below 559 (RFC 3501 §6.4.8).
 */
export function resolveSet(set: SequenceSet, largest: number): Interval[] {
  const intervals: Interval[] = []
  for (const { first, last } of set) {
    const a = first === '*' ? largest : first
    const b = last === '*' ? largest : last
    if (a === 0 || b === 0) continue
    intervals.push(a <= b ? { first: a, last: b } : { first: b, last: a })
  }
  return mergeIntervals(intervals)
}

/** Sort and join intervals that overlap or touch. */
function mergeIntervals(intervals: Interval[]): Interval[] {
  intervals.sort((a, b) => a.first - b.first)
  const merged: Interval[] = []
  for (const interval of intervals) {
    const before = merged.at(-1)
    if (before === undefined || interval.first > before.last + 1) merged.push(interval)
    else if (interval.last > before.last) {
      merged[merged.length - 1] = { first: before.first, last: interval.last }
    }
  }
  return merged
}

/** Is this number in these intervals (from `resolveSet`)? Binary search. */
export function intervalsInclude(intervals: readonly Interval[], value: number): boolean {
  let low = 0
  let high = intervals.length - 1
  while (low <= high) {
    const middle = (low + high) >> 1
    const interval = intervals[middle]
    if (interval === undefined) return false
    if (value < interval.first) high = middle - 1
    else if (value > interval.last) low = middle + 1
    else return true
  }
  return false
}

/** The largest number that the set names outright; 0 when there is only `*`. */
export function largestNamed(set: SequenceSet): number {
  let largest = 0
  for (const { first, last } of set) {
    if (first !== '*' && first > largest) largest = first
    if (last !== '*' && last > largest) largest = last
  }
  return largest
}

/** Does the set use `*`? In an empty mailbox such a message set is refused (RFC 3501 §9). */
export function usesStar(set: SequenceSet): boolean {
  return set.some(({ first, last }) => first === '*' || last === '*')
}

/** The set as the client would write it. */
export function formatSequenceSet(set: SequenceSet): string {
  return set.map(({ first, last }) => (first === last ? `${first}` : `${first}:${last}`)).join(',')
}

/**
 * `uid-set` in the order given, runs of consecutive ascending numbers as ranges (RFC 4315 §4): the
 * n-th UID of one set of COPYUID corresponds to the n-th of the other, so nothing is sorted.
 */
export function formatUidSet(uids: Iterable<number>): string {
  const parts: string[] = []
  let first = 0
  let last = 0
  const flush = (): void => {
    if (first !== 0) parts.push(first === last ? `${first}` : `${first}:${last}`)
  }
  for (const uid of uids) {
    if (first !== 0 && uid === last + 1) {
      last = uid
      continue
    }
    flush()
    first = uid
    last = uid
  }
  flush()
  return parts.join(',')
}
