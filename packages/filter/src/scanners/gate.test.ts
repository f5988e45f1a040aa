import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Gate } from './gate.ts'
import { ScannerFailure } from './scanner-failure.ts'

const never = new AbortController().signal
const fail = (): Promise<never> => Promise.reject(new ScannerFailure('no answer'))

const blame = (): Promise<never> =>
  Promise.reject(new ScannerFailure('too large', { isItsFault: false }))

/** A gate over a clock that stands until it is moved. */
function gateAt(limits: object = {}) {
  let time = 1_000
  const gate = new Gate({ firstMs: 100, mostMs: 350, now: () => time, ...limits })
  return { gate, pass: (ms: number) => void (time += ms) }
}

test('after three failures nobody asks, until a while that doubles up to its most', async () => {
  const { gate, pass } = gateAt()
  const refused = () => assert.rejects(gate.pass(never, fail), /^ScannerFailure: not asked/)
  const asked = () => assert.rejects(gate.pass(never, fail), /^ScannerFailure: no answer/)
  for (let i = 0; i < 3; i++) await asked()
  for (const wait of [100, 200, 350, 350]) {
    pass(wait - 1)
    await refused()
    pass(1)
    await asked()
  }
})

test('one tries whether the scanner is back; with its success everybody asks again', async () => {
  const { gate, pass } = gateAt()
  for (let i = 0; i < 3; i++) await assert.rejects(gate.pass(never, fail))
  pass(100)
  const { promise, resolve } = Promise.withResolvers<string>()
  const trial = gate.pass(never, () => promise)
  await assert.rejects(
    gate.pass(never, () => Promise.resolve('early')),
    /not asked/,
  )
  assert.equal(gate.health().isWell, false)
  resolve('back')
  assert.equal(await trial, 'back')
  assert.equal(await gate.pass(never, () => Promise.resolve('again')), 'again')
  assert.equal(gate.health().isWell, true)
})

test('it rests only as long as nobody asks it: then its health is what it was, and mail may try', async () => {
  const { gate, pass } = gateAt()
  await assert.rejects(gate.pass(never, fail))
  assert.equal(gate.health().isResting, undefined)
  for (let i = 0; i < 2; i++) await assert.rejects(gate.pass(never, fail))
  assert.equal(gate.health().isResting, true)
  pass(100)
  assert.deepEqual([gate.health().isWell, gate.health().isResting], [false, undefined])
})

test('what a message is to blame for does not count against the scanner', async () => {
  const { gate } = gateAt()
  for (let i = 0; i < 9; i++) await assert.rejects(gate.pass(never, blame), /too large/)
  assert.equal(await gate.pass(never, () => Promise.resolve(1)), 1)
})

test('who hangs up before the deadline has not been let down', async () => {
  const { gate, pass } = gateAt({ deadlineMs: 1_000 })
  const hangUp = async (ms: number): Promise<void> => {
    const left = new AbortController()
    const work = async (): Promise<void> => {
      pass(ms)
      left.abort()
      await fail()
    }
    await assert.rejects(gate.pass(left.signal, work), /no answer/)
  }
  for (let i = 0; i < 9; i++) await hangUp(500)
  assert.equal(gate.health().isWell, true)
  for (let i = 0; i < 3; i++) await hangUp(1_000)
  assert.equal(gate.health().isWell, false)
})

test('so many at once, the others in their order', async () => {
  const { gate } = gateAt({ atOnce: 2 })
  const done: number[] = []
  const ends = Array.from({ length: 5 }, () => Promise.withResolvers<void>())
  let active = 0
  let most = 0
  const runs = ends.map(({ promise }, i) =>
    gate.pass(never, async () => {
      most = Math.max(most, ++active)
      await promise
      active--
      done.push(i)
    }),
  )
  for (const { resolve } of ends) {
    resolve()
    await new Promise(setImmediate)
  }
  await Promise.all(runs)
  assert.deepEqual([most, done], [2, [0, 1, 2, 3, 4]])
})

test('who waits too long leaves the queue, and its place is nobody’s', async () => {
  const { gate } = gateAt({ atOnce: 1, waiting: 1 })
  const { promise, resolve } = Promise.withResolvers<void>()
  const first = gate.pass(never, () => promise)
  const leaving = new AbortController()
  const second = gate.pass(leaving.signal, () => Promise.resolve())
  await assert.rejects(
    gate.pass(never, () => Promise.resolve()),
    /too many messages wait/,
  )
  leaving.abort()
  await assert.rejects(second, /no place in time/)
  resolve()
  await first
  assert.equal(await gate.pass(never, () => Promise.resolve('free')), 'free')
})
