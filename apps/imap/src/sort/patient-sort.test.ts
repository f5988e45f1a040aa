import assert from 'node:assert/strict'
import { test } from 'node:test'
import { patientSort } from './patient-sort.ts'

for (const count of [0, 1, 2, 4095, 4096, 4097, 8193, 50_000]) {
  test(`${count} are sorted like by the engine, equal ones in their own order`, async () => {
    const keys = Array.from({ length: count }, (_, i) => (i * 7919) % 101)
    const sorted = await patientSort(count, (a, b) => (keys[a] ?? 0) - (keys[b] ?? 0))
    const expected = keys.map((_, i) => i).toSorted((a, b) => (keys[a] ?? 0) - (keys[b] ?? 0))
    assert.deepEqual([...sorted], expected)
  })
}

test('others have their turn meanwhile', async () => {
  let turns = 0
  const count = (): void => {
    turns += 1
    ticking = setImmediate(count)
  }
  let ticking = setImmediate(count)
  await patientSort(100_000, (a, b) => b - a)
  clearImmediate(ticking)
  assert.ok(turns >= 20, `only ${turns} turns`)
})
