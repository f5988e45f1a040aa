import type { Cursor } from './cursor.ts'
import { nzNumber } from './numbers.ts'

/** One end of a range: a number, or the largest in use. */
export type SetEdge = number | '*'

/** `seq-number` or `seq-range`; the ends may stand in either order (RFC 3501 §9). */
export interface SetRange {
  readonly first: SetEdge
  readonly last: SetEdge
}

/** Message numbers or UIDs as the client named them; never expanded. `$`: the saved result (RFC 5182 §2.1). */
export type SequenceSet = readonly (SetRange | '$')[]

/** A range whose ends are both named, in either order. */
export interface NumberRange {
  readonly first: number
  readonly last: number
}

/** A closed interval, first <= last. */
export interface Interval {
  readonly first: number
  readonly last: number
}

const dollar = 0x24
const star = 0x2a
const colon = 0x3a
const comma = 0x2c

/**
 * `sequence-set = (seq-number / seq-range) *("," sequence-set)` (RFC 3501 §9),
 * `sequence-set =/ seq-last-command`, `seq-last-command = "$"` (RFC 5182 §3).
 */
export function sequenceSet(c: Cursor): SequenceSet {
  const parts: (SetRange | '$')[] = []
  do parts.push(savedResult(c) ?? range(c))
  while (c.accept(comma))
  return parts
}

function savedResult(c: Cursor): '$' | undefined {
  if (!c.accept(dollar)) return undefined
  c.needs('SEARCHRES')
  return '$'
}

/** A set that names every number itself: `*` and `$` are not allowed (RFC 7162 §7, known-uids). */
export function knownSet(c: Cursor): readonly NumberRange[] {
  const ranges: NumberRange[] = []
  do {
    const first = nzNumber(c)
    ranges.push({ first, last: c.accept(colon) ? nzNumber(c) : first })
  } while (c.accept(comma))
  return ranges
}

function range(c: Cursor): SetRange {
  const first = sequenceNumber(c)
  return { first, last: c.accept(colon) ? sequenceNumber(c) : first }
}

/** True when a sequence set comes next. */
export function startsSequenceSet(c: Cursor): boolean {
  const octet = c.peek()
  return octet === star || octet === dollar || (octet >= 0x30 && octet <= 0x39)
}

/** `seq-number`: one message, by number or UID, or `*`. */
export function sequenceNumber(c: Cursor): SetEdge {
  return c.accept(star) ? '*' : nzNumber(c)
}

/**
 * The set as ascending intervals that neither overlap nor touch, `*` standing for `largest`.
 *
 * `largest` 0 means that there is no message: ranges that need `*` are then empty. Numbers above
 * `largest` are kept; `559:*` contains the largest even when that is below 559 (RFC 3501 §6.4.8).
 * `saved` is what `$` stands for.
 */
export function resolveSet(
  set: SequenceSet,
  largest: number,
  saved: readonly Interval[] = [],
): Interval[] {
  // Once, however often it is named.
  const intervals: Interval[] = set.includes('$') ? [...saved] : []
  for (const part of set) {
    if (part === '$') continue
    const { first, last } = part
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
  for (const part of set) {
    if (part === '$') continue
    const { first, last } = part
    if (first !== '*' && first > largest) largest = first
    if (last !== '*' && last > largest) largest = last
  }
  return largest
}

/** Does the set use `*`? In an empty mailbox such a message set is refused (RFC 3501 §9). */
export function usesStar(set: SequenceSet): boolean {
  return set.some((part) => part !== '$' && (part.first === '*' || part.last === '*'))
}

/** The set as the client would write it. */
export function formatSequenceSet(set: SequenceSet): string {
  return set
    .map((part) => {
      if (part === '$') return part
      return part.first === part.last ? `${part.first}` : `${part.first}:${part.last}`
    })
    .join(',')
}

/** Ascending numbers as intervals that do not touch. */
export function intervalsOf(numbers: Iterable<number>): Interval[] {
  const intervals: Interval[] = []
  let first = 0
  let last = 0
  for (const number of numbers) {
    if (first !== 0 && number === last + 1) {
      last = number
      continue
    }
    if (first !== 0) intervals.push({ first, last })
    first = number
    last = number
  }
  if (first !== 0) intervals.push({ first, last })
  return intervals
}

/** The numbers that are in both of two lists of ascending intervals that do not touch. */
export function intersectIntervals(
  left: readonly Interval[],
  right: readonly Interval[],
): Interval[] {
  const common: Interval[] = []
  let i = 0
  let k = 0
  for (;;) {
    const a = left[i]
    const b = right[k]
    if (a === undefined || b === undefined) return common
    const first = Math.max(a.first, b.first)
    const last = Math.min(a.last, b.last)
    if (first <= last) common.push({ first, last })
    if (a.last < b.last) i += 1
    else k += 1
  }
}

/**
 * `uid-set` in the order given, runs of consecutive ascending numbers as ranges (RFC 4315 §4): the
 * n-th UID of one set of COPYUID corresponds to the n-th of the other, so nothing is sorted.
 */
export function formatUidSet(uids: Iterable<number>): string {
  return [...uidSetPieces(uids)].join('')
}

/** The same in pieces of some thousand characters, to be sent one after another. */
export function* uidSetPieces(uids: Iterable<number>): Generator<string, void> {
  let piece = ''
  let separator = ''
  let first = 0
  let last = 0
  for (const uid of uids) {
    if (first !== 0 && uid === last + 1) {
      last = uid
      continue
    }
    if (first !== 0) {
      piece += separator + formatRange(first, last)
      separator = ','
      if (piece.length > pieceCharacters) {
        yield piece
        piece = ''
      }
    }
    first = uid
    last = uid
  }
  if (first !== 0) yield piece + separator + formatRange(first, last)
}

const pieceCharacters = 16 * 1024

/** `seq-number` or `seq-range`, the lower end first. */
export function formatRange(first: number, last: number): string {
  return first === last ? `${first}` : `${first}:${last}`
}
