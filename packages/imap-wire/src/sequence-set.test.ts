import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import {
  formatSequenceSet,
  formatUidSet,
  intersectIntervals,
  intervalsInclude,
  intervalsOf,
  largestNamed,
  resolveSet,
  type SequenceSet,
  sequenceSet,
  type SetEdge,
  usesStar,
} from './sequence-set.ts'
import { parseAll } from './testing/segments.ts'

fc.configureGlobal({ seed: 20260101 })

const read = (text: string): SequenceSet => parseAll(text, sequenceSet)

test('ranges are read in either order and never expanded', () => {
  assert.deepEqual(read('2,4:7,9,12:*'), [
    { first: 2, last: 2 },
    { first: 4, last: 7 },
    { first: 9, last: 9 },
    { first: 12, last: '*' },
  ])
  assert.deepEqual(resolveSet(read('1:4294967295'), 3), [{ first: 1, last: 4294967295 }])
  assert.deepEqual(resolveSet(read('7:4,5:9,10,*'), 20), [
    { first: 4, last: 10 },
    { first: 20, last: 20 },
  ])
})

test('a range up to the star contains the largest even when it begins above it', () => {
  assert.deepEqual(resolveSet(read('559:*'), 20), [{ first: 20, last: 559 }])
  assert.deepEqual(resolveSet(read('*:1'), 3), [{ first: 1, last: 3 }])
  assert.deepEqual(resolveSet(read('*:*'), 3), [{ first: 3, last: 3 }])
  assert.deepEqual(resolveSet(read('1:*,*'), 0), [])
})

test('a set tells its largest number and whether it needs the star', () => {
  assert.equal(largestNamed(read('3,9:2,*')), 9)
  assert.equal(largestNamed(read('*')), 0)
  assert.ok(usesStar(read('3,9:*')))
  assert.ok(!usesStar(read('3,9:8')))
})

test('the dollar stands for what was saved', () => {
  assert.deepEqual(read('$'), ['$'])
  assert.deepEqual(resolveSet(read('$'), 9), [])
  const saved = [
    { first: 2, last: 3 },
    { first: 7, last: 7 },
  ]
  assert.deepEqual(resolveSet(read('$'), 9, saved), saved)
  assert.deepEqual(resolveSet(read('4,$,*'), 9, saved), [
    { first: 2, last: 4 },
    { first: 7, last: 7 },
    { first: 9, last: 9 },
  ])
  assert.equal(formatSequenceSet(read('1:2,$')), '1:2,$')
})

const ascending = (numbers: readonly number[]): number[] => numbers.toSorted((a, b) => a - b)

test('numbers become intervals, and two lists of them what they have in common', () => {
  const few = fc.uniqueArray(fc.integer({ min: 1, max: 40 }))
  fc.assert(
    fc.property(few, few, (left, right) => {
      const a = intervalsOf(ascending(left))
      const b = intervalsOf(ascending(right))
      assert.deepEqual(
        intersectIntervals(a, b),
        intervalsOf(ascending(left.filter((n) => right.includes(n)))),
      )
      assert.equal(
        a.every(({ first, last }, i) => first <= last && (a[i - 1]?.last ?? -1) + 1 < first),
        true,
      )
    }),
  )
})

test('UID sets keep their order and join what follows upon itself', () => {
  assert.equal(formatUidSet([]), '')
  assert.equal(formatUidSet([304, 319, 320]), '304,319:320')
  assert.equal(formatUidSet([3, 2, 1]), '3,2,1')
  assert.equal(formatUidSet([1, 2, 3, 7, 9, 10]), '1:3,7,9:10')
})

const edge: fc.Arbitrary<SetEdge> = fc.oneof(
  fc.integer({ min: 1, max: 30 }),
  fc.constant<SetEdge>('*'),
)
const sets = fc.array(
  fc.tuple(edge, edge).map(([first, last]) => ({ first, last })),
  { minLength: 1, maxLength: 8 },
)

test('what is written is read again', () => {
  fc.assert(fc.property(sets, (set) => assert.deepEqual(read(formatSequenceSet(set)), set)))
})

test('intervals hold exactly the numbers that the set names, ascending and apart', () => {
  fc.assert(
    fc.property(sets, fc.integer({ min: 1, max: 30 }), (set, largest) => {
      const intervals = resolveSet(set, largest)
      for (let value = 1; value <= 31; value += 1) {
        const isNamed = set.some(({ first, last }) => {
          const a = first === '*' ? largest : first
          const b = last === '*' ? largest : last
          return value >= Math.min(a, b) && value <= Math.max(a, b)
        })
        assert.equal(intervalsInclude(intervals, value), isNamed)
      }
      intervals.slice(1).forEach((interval, at) => {
        assert.ok(interval.first > (intervals[at]?.last ?? 0) + 1)
      })
    }),
  )
})
