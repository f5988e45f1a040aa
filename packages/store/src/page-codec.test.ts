import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { withSet } from './keyword-sets.ts'
import type { MessageColumns } from './mailbox-state.ts'
import { packPage, sumOf, unpackPage } from './page-codec.ts'

const flags = fc.oneof(
  fc.nat(0xffff_ffff),
  fc
    .array(fc.integer({ min: 27, max: 255 }), { maxLength: 6 })
    .map((ids) => withSet(0x8000_0001, ids)),
)
const row = fc.tuple(
  fc.nat(0xffff_ffff),
  flags,
  fc.maxSafeNat(),
  fc.maxSafeNat(),
  fc.nat(0x7fff_ffff),
  fc.integer({ min: -(2 ** 40), max: 2 ** 40 }),
)

test('a page comes back as it was, to the last bit', () => {
  fc.assert(
    fc.property(fc.array(row, { maxLength: 100 }), (rows) => {
      const columns = columnsOf(rows)
      assert.deepEqual(unpackPage(packPage(columns)), columns)
    }),
  )
})

test('the sum does not depend on how messages are cut into pages, and every field counts', () => {
  fc.assert(
    fc.property(fc.array(row, { minLength: 1, maxLength: 50 }), fc.nat(50), (rows, cut) => {
      const sum = sumOf(columnsOf(rows))
      assert.equal(sumOf(columnsOf(rows.slice(0, cut))) + sumOf(columnsOf(rows.slice(cut))), sum)
    }),
  )
  const one = [5, 1, 1_795_834_486_677, 1025, 300, 1_700_000_000] as const
  const sums = [0, 1, 2, 3, 4].map((field) => {
    const changed = one.map((value, i) => (i === field ? value + 1 : value))
    return sumOf(columnsOf([changed]))
  })
  const tagged = [5, withSet(1, [30]), ...one.slice(2)]
  const other = [5, withSet(1, [31]), ...one.slice(2)]
  const all = [...sums, ...[one, tagged, other].map((each) => sumOf(columnsOf([each])))]
  assert.equal(new Set(all).size, 8)
})

test('an ordinary page takes about six octets a message', () => {
  const rows = Array.from({ length: 1024 }, (_, i) => {
    const at = 1_795_834_486_000 + i * 61_000
    return [i + 1, i % 7 === 0 ? 0 : 1, at, 50_000 + 2 * i, 2000 + ((i * 7919) % 9000), at / 1000]
  })
  const bytes = packPage(columnsOf(rows)).length
  assert.ok(bytes < 1024 * 8, `${bytes} octets`)
})

test('damage is noticed', () => {
  const packed = packPage(columnsOf([[1, 2, 3, 4, 5, 6]]))
  assert.throws(() => unpackPage(packed.subarray(0, packed.length - 3)))
  assert.throws(() => unpackPage(Buffer.alloc(20)))
})

function columnsOf(rows: readonly (readonly number[])[]): MessageColumns {
  const column = (i: number): number[] => rows.map((values) => values[i] ?? 0)
  return {
    uids: Uint32Array.from(column(0)),
    flags: Float64Array.from(column(1)),
    modSeqs: Float64Array.from(column(2)),
    messageIds: Float64Array.from(column(3)),
    sizes: Uint32Array.from(column(4)),
    received: Float64Array.from(column(5)),
  }
}
