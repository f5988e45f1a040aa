import assert from 'node:assert/strict'
import { test } from 'node:test'
import { leastKept, nameRestAfter, renewalTime, restAfter, timeWithin } from './rest.ts'

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

const made = {
  notBefore: new Date('2026-01-01T00:00:00Z'),
  notAfter: new Date('2026-04-01T00:00:00Z'),
}
const daysIn = (date: Date): number => (date.getTime() - made.notBefore.getTime()) / (day * 1000)

test('a certificate is renewed after two thirds of its life, each at a time of its own', () => {
  const days = [0, 0.5, 1].map((random) => daysIn(renewalTime(made, random)))
  assert.deepEqual(days, [60, 58.5, 57])
})

test('one that has just come is left alone for some hours, and a short one for a third of its life', () => {
  assert.equal(leastKept(made), 6 * hour)
  const { notBefore } = made
  const notAfter = new Date(notBefore.getTime() + 6 * hour * 1000)
  assert.equal(leastKept({ notBefore, notAfter }), 2 * hour)
  assert.equal(leastKept({ notBefore: notAfter, notAfter: notBefore }), 0)
})

test('an authority that names times which cannot be makes it neither late nor one after another', () => {
  const life = { ...made, issuedAt: made.notBefore }
  const within = (start: string, end: string, random: number): number =>
    daysIn(timeWithin({ start: new Date(start), end: new Date(end) }, life, random))
  assert.equal(within('2026-02-10T00:00:00Z', '2026-02-12T00:00:00Z', 0.5), 41)
  assert.equal(within('1970-01-01T00:00:00Z', '1970-01-02T00:00:00Z', 0.5), 0.25)
  assert.equal(within('-271821-04-20T00:00:00Z', '1970-01-02T00:00:00Z', 0.5), 0.25)
  assert.equal(within('2199-01-01T00:00:00Z', '2199-01-02T00:00:00Z', 0.5), 81)
})
