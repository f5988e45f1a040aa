import assert from 'node:assert/strict'
import { test } from 'node:test'
import { retryDelaySeconds } from './queue-schedule.ts'

test('tries follow after 5, 10, 20, 40 and 80 minutes, then every two hours', () => {
  const minutes = [1, 2, 3, 4, 5, 6, 7, 100].map((attempt) => retryDelaySeconds(attempt, 0.5) / 60)
  assert.deepEqual(minutes, [5, 10, 20, 40, 80, 120, 120, 120])
})

test('each pause is spread by a fifth to either side', () => {
  assert.equal(retryDelaySeconds(1, 0), 240)
  assert.equal(retryDelaySeconds(1, 1), 360)
  for (let i = 0; i < 100; i++) {
    const seconds = retryDelaySeconds(6)
    assert.ok(seconds >= 5_760 && seconds <= 8_640)
  }
})
