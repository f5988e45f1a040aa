import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BackOff } from './back-off.ts'

test('waits double from half a second up to half a minute', () => {
  const backOff = new BackOff()
  const waits = Array.from({ length: 9 }, () => backOff.afterDeath(100))
  assert.deepEqual(waits, [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000])
})

test('a minute of health begins the row anew', () => {
  const backOff = new BackOff()
  backOff.afterDeath(0)
  backOff.afterDeath(0)
  assert.equal(backOff.afterDeath(60_000), 500)
})
