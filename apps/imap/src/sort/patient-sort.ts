import { setImmediate as nextTurn } from 'node:timers/promises'

/** Sorted at once: a few milliseconds. */
const runLength = 4096
/** Merged between two turns of the other sessions. */
const mergeLength = 16 * 1024

/**
 * The numbers 0 to `count` - 1 in the order that `compare` gives, equal ones in their own order. Others have
 * their turn meanwhile: a million take a second, and nobody waits that long.
 */
export async function patientSort(
  count: number,
  compare: (a: number, b: number) => number,
): Promise<Uint32Array> {
  let from = Uint32Array.from({ length: count }, (_, i) => i)
  for (let start = 0; start < count; start += runLength) {
    from.subarray(start, start + runLength).sort((a, b) => compare(a, b) || a - b)
    await nextTurn()
  }
  let into = new Uint32Array(count)
  for (let width = runLength; width < count; width *= 2) {
    for (let start = 0; start < count; start += 2 * width) {
      await merge(from, into, [start, start + width, start + 2 * width], compare)
    }
    ;[from, into] = [into, from]
  }
  return from
}

/** Merges two neighbouring runs. The left one's come first where they are equal. */
async function merge(
  from: Uint32Array,
  into: Uint32Array,
  [start, middle, stop]: readonly [number, number, number],
  compare: (a: number, b: number) => number,
): Promise<void> {
  const end = Math.min(stop, from.length)
  const half = Math.min(middle, end)
  let left = start
  let right = half
  for (let at = start; at < end; at += 1) {
    if (at % mergeLength === mergeLength - 1) await nextTurn()
    const takesLeft =
      right >= end || (left < half && compare(from[left] ?? 0, from[right] ?? 0) <= 0)
    into[at] = (takesLeft ? from[left++] : from[right++]) ?? 0
  }
}
