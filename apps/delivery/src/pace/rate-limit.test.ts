import assert from 'node:assert/strict'
import { test } from 'node:test'
import { randomFrom, someSeed } from './random.fixture.ts'
import { RateLimit } from './rate-limit.ts'

test('a burst goes at once, then one after another at the rate', () => {
  const limit = new RateLimit(60, 3, 0)
  for (let n = 0; n < 3; n += 1) {
    assert.equal(limit.wait(0), 0)
    limit.take()
  }
  assert.equal(limit.wait(0), 1_000)
  assert.equal(limit.wait(400), 600)
  assert.equal(limit.wait(1_000), 0)
})

test('raising the rate gives nothing for the time before, and a clock set back neither', () => {
  const limit = new RateLimit(1, 1, 0)
  limit.take()
  limit.set(600, 10, 30_000)
  assert.equal(limit.wait(30_000), 50)
  assert.equal(limit.wait(0), 50)
})

test('in no span is more let through than burst and rate allow, whatever is changed on the way', (t) => {
  const seed = someSeed()
  t.diagnostic(`seed ${seed}`)
  const random = randomFrom(seed)
  for (let round = 0; round < 200; round += 1) {
    let now = 0
    let most = { rate: 1 + random() * 600, burst: 1 + Math.floor(random() * 50) }
    const limit = new RateLimit(most.rate, most.burst, now)
    const went: number[] = []
    for (let step = 0; step < 300; step += 1) {
      if (random() < 0.05) {
        const next = { rate: 1 + random() * 600, burst: 1 + Math.floor(random() * 50) }
        limit.set(next.rate, next.burst, now)
        most = {
          rate: Math.max(most.rate, next.rate),
          burst: Math.max(most.burst, next.burst),
        }
      }
      const wait = limit.wait(now)
      if (wait === 0) {
        limit.take()
        went.push(now)
      } else now += random() < 0.5 ? wait : Math.floor(random() * wait)
    }
    for (let from = 0; from < went.length; from += 1) {
      const minutes = (now - (went[from] ?? 0)) / 60_000
      const allowed = most.burst + most.rate * minutes
      assert.ok(went.length - from <= allowed + 1e-6, `seed ${seed}, round ${round}`)
    }
  }
})
