import { lowerBound } from './mailbox-state.ts'
import { segmentMessages } from './segment-codec.ts'

/** UIDs [first, last] between which a segment has messages, and how many. */
export interface SegmentRange {
  readonly first: number
  readonly last: number
  readonly n: number
}

/** A segment to be made. */
export interface PlannedSegment {
  /** Its messages' indexes among the UIDs, [start, end). */
  readonly start: number
  readonly end: number
  /** First UIDs of segments that it takes in. */
  readonly replaces: readonly number[]
}

/**
 * Which segments to make so that every UID stands in one: the runs of UIDs that stand in none, cut to size. A short run takes
 * in its neighbours where they fit together, so that a mailbox whose segments were purged here and there has few.
 * @param uids ascending, below `boundary` only those are looked at
 */
export function planSegments(
  existing: readonly SegmentRange[],
  uids: Uint32Array,
  boundary: number,
  most = segmentMessages,
): readonly PlannedSegment[] {
  const planned: PlannedSegment[] = []
  let at = 0
  for (let i = 0; i <= existing.length; i++) {
    const before = existing[i - 1]
    const here = existing[i]
    const runEnd = lowerBound(uids, Math.min(here?.first ?? boundary, boundary), uids.length, at)
    if (runEnd > at) {
      const taken = planned.at(-1)?.replaces.includes(before?.first ?? -1) === true
      planned.push(...cut(uids, { start: at, end: runEnd }, taken ? undefined : before, here, most))
    }
    if (here !== undefined)
      at = Math.max(runEnd, lowerBound(uids, here.last + 1, uids.length, runEnd))
  }
  return planned
}

function cut(
  uids: Uint32Array,
  run: { readonly start: number; readonly end: number },
  before: SegmentRange | undefined,
  after: SegmentRange | undefined,
  most: number,
): readonly PlannedSegment[] {
  let { start, end } = run
  const replaces: number[] = []
  if (before !== undefined && before.n + end - start <= most) {
    start = lowerBound(uids, before.first, uids.length)
    replaces.push(before.first)
  }
  if (after !== undefined && after.n + end - start <= most) {
    end = lowerBound(uids, after.last + 1, uids.length, end)
    replaces.push(after.first)
  }
  const parts: PlannedSegment[] = []
  for (let from = start; from < end; from += most) {
    const isFirst = from === start
    parts.push({ start: from, end: Math.min(from + most, end), replaces: isFirst ? replaces : [] })
  }
  return parts
}
