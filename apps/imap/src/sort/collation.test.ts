import assert from 'node:assert/strict'
import { test } from 'node:test'
import { collationKey } from './collation.ts'

const equal = (a: string, b: string): boolean => collationKey(a) === collationKey(b)

test('texts are equal whatever their case and their form', () => {
  assert.ok(equal('Hello', 'hELLO'))
  assert.ok(equal('GRÜSSE', 'gru\u0308sse'))
  assert.ok(equal('Ǆ', 'ǆ') && equal('ᾳ', 'ᾼ'))
  assert.ok(!equal('ß', 'ss') && !equal('a', 'ä'))
})

test('keys are in the order of the octets of UTF-8', () => {
  const sorted = ['', ' ', 'A', 'a b', 'B', 'é', 'ζ', '中', '\ue000', '😀'].map(collationKey)
  assert.deepEqual(
    sorted.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0)),
    sorted,
  )
})
