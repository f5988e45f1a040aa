import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { allBeyond, changeFlags, setHash, setOf, withSet } from './keyword-sets.ts'

const ids = fc.array(fc.integer({ min: 27, max: 60 }), { maxLength: 8 })
const word = fc.nat(0xffff_ffff)

test('equal keywords are equal numbers, and bits are seen through them', () => {
  fc.assert(
    fc.property(word, ids, (bits, some) => {
      const flags = withSet(bits, some)
      assert.equal(withSet(bits, some.toReversed()), flags)
      assert.deepEqual(
        setOf(flags),
        [...new Set(some)].toSorted((a, b) => a - b),
      )
      assert.equal((flags & 9) >>> 0, (bits & 9) >>> 0)
      assert.equal(flags >>> 0, bits)
    }),
  )
})

test('adding and removing does to sets what it does to bits', () => {
  fc.assert(
    fc.property(word, ids, word, ids, word, ids, (b, before, r, remove, a, add) => {
      const after = changeFlags(withSet(b, before), withSet(r, remove), withSet(a, add))
      const expected = [...before.filter((id) => !remove.includes(id)), ...add]
      assert.equal(after, withSet((b & ~r) | a, expected))
    }),
  )
})

test('a set of flags takes the place of all keywords', () => {
  assert.equal(changeFlags(withSet(33, [27, 28]), 0xffff_ffff + allBeyond, 1), 1)
  assert.equal(changeFlags(withSet(33, [27, 28]), allBeyond, withSet(2, [90])), withSet(35, [90]))
  assert.equal(changeFlags(33, 1, 2), 34)
})

test('the hash depends on the keywords alone', () => {
  assert.equal(setHash(7), 0)
  assert.equal(setHash(withSet(1, [30, 31])), setHash(withSet(2, [31, 30])))
  assert.notEqual(setHash(withSet(1, [30])), setHash(withSet(1, [31])))
})
