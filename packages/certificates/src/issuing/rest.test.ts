import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nameRestAfter, renewalTime, restAfter } from './rest.ts'

const hour = 3600
const day = 24 * hour

function problem(kind: string, retryAfterSeconds?: number) {
  return { kind, retryAfterSeconds }
}

test('rests grow with each failure, up to a day, and never below what the authority says', () => {
  const rests = [0, 1, 2, 3, 50].map((failures) => restAfter(problem('caa'), failures, 0.5))
  assert.deepEqual(rests, [900, 1800, 3600, 7200, day])
  assert.equal(restAfter(problem('unreachable'), 50, 0.5), 4 * hour)
  assert.equal(restAfter(problem('rateLimited'), 0, 0.5), hour)
  assert.equal(restAfter(problem('rateLimited', 5 * day), 0, 0.5), 5 * day)
  assert.equal(restAfter(problem('rateLimited', 1e9), 0, 0.5), 7 * day)
})

test('one name is proved at most four times in five hours', () => {
  const waits = [0, 1, 2].map((failures) => nameRestAfter(failures, 0))
  assert.deepEqual(waits, [hour, 2 * hour, 4 * hour])
})

test('a certificate is renewed after two thirds of its life, each at a time of its own', () => {
  const now = new Date('2026-01-01T00:00:00Z')
  const made = { notBefore: now, notAfter: new Date(now.getTime() + 90 * day * 1000) }
  const days = [0, 0.5, 1].map(
    (random) => (renewalTime(made, now, random).getTime() - now.getTime()) / (day * 1000),
  )
  assert.deepEqual(days, [60, 58.5, 57])
})

test('a clock that is years ahead does not ask for one certificate after another', () => {
  const notBefore = new Date('2026-01-01T00:00:00Z')
  const notAfter = new Date('2026-04-01T00:00:00Z')
  const now = new Date('2030-01-01T00:00:00Z')
  const at = renewalTime({ notBefore, notAfter }, now, 0)
  assert.equal(at.getTime() - now.getTime(), 6 * hour * 1000)
  const short = { notBefore: now, notAfter: new Date(now.getTime() + 6 * hour * 1000) }
  assert.equal(renewalTime(short, now, 0).getTime() - now.getTime(), 4 * hour * 1000)
})
