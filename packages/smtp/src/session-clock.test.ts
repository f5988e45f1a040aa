import assert from 'node:assert/strict'
import { it, mock } from 'node:test'
import { defaultLimits } from './limits.ts'
import { SessionClock } from './session-clock.ts'

const limits = {
  ...defaultLimits,
  commandMs: 1000,
  dataIdleMs: 400,
  dataGraceMs: 2000,
  minimumBytesPerSecond: 100,
}

/** A clock whose time passes when the test says so. */
function begin(): { clock: SessionClock; late: () => number } {
  mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'Date'] })
  let count = 0
  const clock = new SessionClock(
    limits,
    () => (count += 1),
    () => Date.now(),
  )
  return { clock, late: () => count }
}

it('ends a session whose command does not come, and waits again after each', (t) => {
  t.after(() => mock.timers.reset())
  const { clock, late } = begin()
  clock.awaitCommand()
  mock.timers.tick(900)
  clock.rest()
  clock.awaitCommand()
  mock.timers.tick(900)
  assert.equal(late(), 0)
  mock.timers.tick(200)
  assert.equal(late(), 1)
  mock.timers.tick(100_000)
  assert.equal(late(), 1, 'once')
})

it('does not count the time in which we are at work', (t) => {
  t.after(() => mock.timers.reset())
  const { clock, late } = begin()
  clock.awaitCommand()
  clock.rest()
  mock.timers.tick(100_000)
  assert.equal(late(), 0)
  clock.awaitData(() => 0)
  clock.rest()
  mock.timers.tick(100_000)
  assert.equal(late(), 0)
  clock.awaitCommand()
  mock.timers.tick(1100)
  assert.equal(late(), 1)
})

it('ends a message that pauses, and one that is too slow', (t) => {
  t.after(() => mock.timers.reset())
  const pausing = begin()
  let bytes = 0
  pausing.clock.awaitData(() => bytes)
  for (let i = 0; i < 10; i += 1) {
    bytes += 1000
    mock.timers.tick(300)
  }
  assert.equal(pausing.late(), 0)
  mock.timers.tick(600)
  assert.equal(pausing.late(), 1)
  mock.timers.reset()
  const slow = begin()
  bytes = 0
  slow.clock.awaitData(() => bytes)
  for (let i = 0; i < 19; i += 1) {
    bytes += 1
    mock.timers.tick(100)
  }
  assert.equal(slow.late(), 0)
  for (let i = 0; i < 5; i += 1) {
    bytes += 1
    mock.timers.tick(100)
  }
  assert.equal(slow.late(), 1)
})
