import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AnswerCache } from './answer-cache.ts'
import type { Answer } from './resolver.ts'

const limits = {
  maxEntries: 2,
  minTtlSeconds: 5,
  maxTtlSeconds: 100,
  maxNegativeTtlSeconds: 10,
  failureSeconds: 2,
}

/** A cache with a clock of its own, and how often it had to ask. */
function cacheUnderTest() {
  const state = { now: 0, asked: 0 }
  const cache = new AnswerCache(limits, () => state.now * 1000)
  const get = (key: string, answer: Answer<string>) =>
    cache.get(key, () => {
      state.asked++
      return Promise.resolve(answer)
    })
  /** Seconds until the cache asks again; looked at every half second. */
  const heldFor = async (answer: Answer<string>) => {
    const start = state.now
    await get('key', answer)
    const before = state.asked
    while (state.asked === before) {
      state.now += 0.5
      await get('key', answer)
    }
    const held = state.now - start
    state.now += 1000
    return held
  }
  return { state, get, heldFor }
}

const records = (ttlSeconds: number) =>
  ({ kind: 'records', records: ['x'], ttlSeconds, isSecure: false }) as const

test('answers are kept for their time to live, within bounds', async () => {
  const { heldFor } = cacheUnderTest()
  assert.equal(await heldFor(records(50)), 50)
  assert.equal(await heldFor(records(1000)), 100)
  assert.equal(await heldFor(records(0)), 5)
})

test('negative answers are kept as the SOA says, and briefly; failures for a moment', async () => {
  const { heldFor } = cacheUnderTest()
  assert.equal(await heldFor({ kind: 'nxdomain', ttlSeconds: 7, isSecure: false }), 7)
  assert.equal(await heldFor({ kind: 'nodata', ttlSeconds: 3600, isSecure: false }), 10)
  assert.equal(await heldFor({ kind: 'temporary', because: 'SERVFAIL' }), 2)
})

test('the answer says how long it is kept', async () => {
  const { get } = cacheUnderTest()
  const answer = await get('key', records(1000))
  assert.equal(answer.kind === 'records' && answer.ttlSeconds, 100)
})

test('questions under way are shared, and the entry used least recently goes first', async () => {
  const { state, get } = cacheUnderTest()
  await Promise.all([get('a', records(50)), get('a', records(50))])
  assert.equal(state.asked, 1)
  await get('b', records(50))
  await get('a', records(50))
  await get('c', records(50))
  await get('a', records(50))
  assert.equal(state.asked, 3)
  await get('b', records(50))
  assert.equal(state.asked, 4)
})
