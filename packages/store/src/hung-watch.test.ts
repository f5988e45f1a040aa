import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HungWatch } from './hung-watch.ts'
import { StoreUnavailable } from './unavailable.ts'

const limits = { tickMs: 5, suspectAfterTicks: 2, hungAfterTicks: 6 }
const never = (): Promise<never> => new Promise(() => {})

function kill(): void {
  assert.fail('killed')
}

/** A timer that keeps the process alive while only unreferenced ones are left. */
function stayAlive(): () => void {
  const timer = setInterval(() => {}, 1_000)
  return () => clearInterval(timer)
}

test('work that ends in time is passed through, and its errors are mapped', async () => {
  const watch = new HungWatch(never, () => {}, limits)
  assert.equal(await watch.guard(Promise.resolve(7), kill, 'none'), 7)
  const lost = Promise.reject(Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }))
  await assert.rejects(watch.guard(lost, kill, 'unknown'), (error) => {
    return error instanceof StoreUnavailable && error.outcome === 'unknown'
  })
  watch.close()
})

test('a server that answers no pulse is hung: everything under way fails, new work is refused, until one is answered', async () => {
  const rest = stayAlive()
  let isAnswering = false
  let resets = 0
  const watch = new HungWatch(
    () => (isAnswering ? Promise.resolve() : never()),
    () => resets++,
    limits,
  )
  const killed: string[] = []
  const works = ['a', 'b'].map((name) => watch.guard(never(), () => killed.push(name), 'unknown'))
  for (const result of await Promise.allSettled(works)) {
    assert.ok(result.status === 'rejected' && result.reason instanceof StoreUnavailable)
    assert.equal(result.reason.reason, 'hung')
    assert.equal(result.reason.outcome, 'unknown')
  }
  assert.deepEqual(killed, ['a', 'b'])
  assert.ok(resets >= 1)
  assert.throws(() => watch.refuseIfHung(), StoreUnavailable)
  isAnswering = true
  while (watch.isHung) await new Promise((resolve) => setTimeout(resolve, 5))
  watch.refuseIfHung()
  watch.close()
  rest()
})

test('a slow statement on a server that answers pulses is left alone', async () => {
  let pulses = 0
  const slow = Promise.withResolvers<string>()
  const watch = new HungWatch(
    () => {
      if (++pulses === 5) slow.resolve('done')
      return Promise.resolve()
    },
    () => assert.fail('hung'),
    limits,
  )
  const rest = stayAlive()
  assert.equal(await watch.guard(slow.promise, kill, 'none'), 'done')
  watch.close()
  rest()
})

test('a pulse that fails is no answer: it is sent again, and the server is still not believed dead', async () => {
  let pulses = 0
  const slow = Promise.withResolvers<string>()
  const watch = new HungWatch(
    () => {
      if (++pulses === 3) slow.resolve('done')
      return Promise.reject(new Error('silence'))
    },
    () => assert.fail('hung'),
    limits,
  )
  const rest = stayAlive()
  assert.equal(await watch.guard(slow.promise, kill, 'none'), 'done')
  watch.close()
  rest()
})
