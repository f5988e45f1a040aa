import type { Cursor } from './cursor.ts'
import { nzNumber } from './numbers.ts'

const minus = 0x2d
const colon = 0x3a

/** `partial-range` (RFC 9394 §4): a page of results, counted from either end. */
export interface ResultRange {
  /** As the client wrote them, in either order, without the sign. */
  readonly first: number
  readonly last: number
  /** Written with minus: 1 is the last result, 2 the one before it. */
  readonly isFromEnd: boolean
}

/** `nz-number ":" nz-number`, or both with a minus; never one of each, never `*` (RFC 9394 §4). */
export function resultRange(c: Cursor): ResultRange {
  const isFromEnd = c.accept(minus)
  const first = nzNumber(c)
  c.expect(colon, '":"')
  if (isFromEnd) c.expect(minus, 'a minus')
  return { first, last: nzNumber(c), isFromEnd }
}

/** As it was written: answers repeat it (RFC 9394 §3.1). */
export function formatResultRange({ first, last, isFromEnd }: ResultRange): string {
  const sign = isFromEnd ? '-' : ''
  return `${sign}${first}:${sign}${last}`
}

/** Which of `count` results are meant: from index `start` up to `end`; none where `start` is `end`. */
export function resolveResultRange(
  range: ResultRange,
  count: number,
): { readonly start: number; readonly end: number } {
  const low = Math.min(range.first, range.last)
  const high = Math.min(Math.max(range.first, range.last), count)
  if (low > count) return { start: 0, end: 0 }
  return range.isFromEnd
    ? { start: count - high, end: count - low + 1 }
    : { start: low - 1, end: high }
}
