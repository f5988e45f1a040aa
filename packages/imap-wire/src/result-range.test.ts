import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { formatResultRange, resolveResultRange, resultRange } from './result-range.ts'
import { parseAll } from './testing/segments.ts'

fc.configureGlobal({ seed: 20260101 })

const page = (text: string, count: number): readonly number[] => {
  const { start, end } = resolveResultRange(parseAll(text, resultRange), count)
  return Array.from({ length: end - start }, (_, i) => start + i + 1)
}

test('a page is counted from the first result, or with minus from the last', () => {
  assert.deepEqual(page('1:3', 10), [1, 2, 3])
  assert.deepEqual(page('3:1', 10), [1, 2, 3])
  assert.deepEqual(page('-1:-3', 10), [8, 9, 10])
  assert.deepEqual(page('-3:-2', 10), [8, 9])
})

test('what lies beyond the results is left out', () => {
  assert.deepEqual(page('9:20', 10), [9, 10])
  assert.deepEqual(page('-9:-20', 10), [1, 2])
  assert.deepEqual(page('11:20', 10), [])
  assert.deepEqual(page('-11:-20', 10), [])
  assert.deepEqual(page('1:1', 0), [])
})

test('any range is answered as it was written, and picks what lies in it', () => {
  const edge = fc.integer({ min: 1, max: 20 })
  fc.assert(
    fc.property(edge, edge, fc.boolean(), fc.integer({ min: 0, max: 15 }), (a, b, back, count) => {
      const text = back ? `-${a}:-${b}` : `${a}:${b}`
      const range = parseAll(text, resultRange)
      assert.equal(formatResultRange(range), text)
      const all = Array.from({ length: count }, (_, i) => i + 1)
      const place = (n: number): number => (back ? count - n + 1 : n)
      const wanted = all.filter((n) => place(n) >= Math.min(a, b) && place(n) <= Math.max(a, b))
      assert.deepEqual(page(text, count), wanted)
    }),
  )
})
