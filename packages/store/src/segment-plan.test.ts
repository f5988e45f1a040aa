import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { planSegments, type SegmentRange } from './segment-plan.ts'

function uidsOf(...ranges: readonly (readonly [number, number])[]): Uint32Array {
  return Uint32Array.from(
    ranges.flatMap(([first, last]) =>
      Array.from({ length: last - first + 1 }, (_, i) => first + i),
    ),
  )
}

test('a mailbox without segments is cut into full ones, the rest below the boundary in a last one', () => {
  assert.deepEqual(planSegments([], uidsOf([1, 25]), 20, 8), [
    { start: 0, end: 8, replaces: [] },
    { start: 8, end: 16, replaces: [] },
    { start: 16, end: 19, replaces: [] },
  ])
})

test('what stands in a segment is left alone, and so is what lies above the boundary', () => {
  const existing = [{ first: 1, last: 7, n: 7 }]
  assert.deepEqual(planSegments(existing, uidsOf([1, 20]), 8, 8), [])
  assert.deepEqual(planSegments(existing, uidsOf([1, 20]), 16, 8), [
    { start: 7, end: 15, replaces: [] },
  ])
})

test('a short run takes in its neighbours where they fit together', () => {
  const existing = [
    { first: 1, last: 3, n: 3 },
    { first: 10, last: 12, n: 3 },
  ]
  assert.deepEqual(planSegments(existing, uidsOf([1, 3], [5, 6], [10, 12]), 16, 8), [
    { start: 0, end: 8, replaces: [1, 10] },
  ])
  assert.deepEqual(planSegments(existing, uidsOf([1, 3], [4, 6], [10, 12]), 16, 8), [
    { start: 0, end: 6, replaces: [1] },
  ])
})

/** Carries the plan out, as the builder does. */
function carriedOut(
  existing: readonly SegmentRange[],
  uids: Uint32Array,
  boundary: number,
  most: number,
): readonly SegmentRange[] {
  const planned = planSegments(existing, uids, boundary, most)
  const gone = new Set(planned.flatMap(({ replaces }) => replaces))
  const made = planned.map(({ start, end }): SegmentRange => {
    return { first: uids[start] ?? 0, last: uids[end - 1] ?? 0, n: end - start }
  })
  return [...existing.filter(({ first }) => !gone.has(first)), ...made].toSorted(
    (a, b) => a.first - b.first,
  )
}

test('whatever is there and whatever is lost again: every UID ends up in one segment, none too large', () => {
  const numbers = fc.uniqueArray(fc.integer({ min: 1, max: 300 }), { maxLength: 200 })
  const rounds = fc.array(fc.record({ lost: numbers, boundary: fc.nat(310) }), { maxLength: 5 })
  fc.assert(
    fc.property(numbers, rounds, fc.integer({ min: 1, max: 20 }), (all, steps, most) => {
      let uids = Uint32Array.from(all).toSorted()
      let segments: readonly SegmentRange[] = []
      let reached = 0
      for (const { lost, boundary } of steps) {
        reached = Math.max(reached, boundary)
        segments = carriedOut(segments, uids, reached, most)
        for (const [i, { first, last, n }] of segments.entries()) {
          assert.ok(n >= 1 && n <= most && first <= last)
          assert.ok(first > (segments[i - 1]?.last ?? 0))
        }
        for (const uid of uids) {
          const isIn = segments.some(({ first, last }) => uid >= first && uid <= last)
          assert.equal(isIn || uid >= reached, true)
        }
        assert.deepEqual(planSegments(segments, uids, reached, most), [])
        uids = uids.filter((uid) => !lost.includes(uid))
        segments = segments.filter(({ first, last }) => {
          return !lost.some((uid) => uid >= first && uid <= last)
        })
      }
    }),
    { numRuns: 300 },
  )
})
