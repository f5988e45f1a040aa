import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { VarintReader, VarintWriter } from './varint.ts'

test('every whole number below 2^53 comes back', () => {
  fc.assert(
    fc.property(fc.array(fc.maxSafeNat()), (values) => {
      const out = new VarintWriter()
      for (const value of values) out.write(value)
      const from = new VarintReader(out.finish())
      assert.deepEqual(
        values.map(() => from.read()),
        values,
      )
      assert.ok(from.isAtEnd)
    }),
  )
})

test('numbers of either sign come back', () => {
  const most = 2 ** 51
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -most, max: most })), (values) => {
      const out = new VarintWriter()
      for (const value of values) out.writeSigned(value)
      const from = new VarintReader(out.finish())
      assert.deepEqual(
        values.map(() => from.readSigned()),
        values,
      )
    }),
  )
})

test('a number that is cut off is an error, not another number', () => {
  assert.throws(() => new VarintReader(Buffer.from([0x80])).read(), RangeError)
})
