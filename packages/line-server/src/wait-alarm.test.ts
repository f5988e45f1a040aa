import assert from 'node:assert/strict'
import { mock, test } from 'node:test'
import { WaitAlarm } from './wait-alarm.ts'

test('it rings at the last deadline that was set, once, and not after the wait is over', () => {
  mock.timers.enable({ apis: ['setTimeout'] })
  const clock = { now: 0 }
  mock.method(performance, 'now', () => clock.now)
  const pass = (ms: number): void => {
    clock.now += ms
    mock.timers.tick(ms)
  }
  let rings = 0
  const alarm = new WaitAlarm(() => rings++)
  alarm.set(100)
  pass(60)
  alarm.clear()
  alarm.set(100)
  pass(60)
  assert.equal(rings, 0, 'the first wait was over')
  pass(50)
  assert.equal(rings, 1)
  pass(1000)
  assert.equal(rings, 1)
  alarm.set(1000)
  alarm.set(10)
  pass(20)
  assert.equal(rings, 2, 'an earlier deadline counts')
  alarm.set(100)
  alarm.end()
  pass(1000)
  assert.equal(rings, 2)
  mock.reset()
})
