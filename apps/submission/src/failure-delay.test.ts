import assert from 'node:assert/strict'
import { it } from 'node:test'
import { FailureDelay } from './failure-delay.ts'
import { forgetMs, longestDelayMs, rememberedAddresses } from './limits.ts'

it('waits longer with each failure of an address, up to a limit', () => {
  const delay = new FailureDelay()
  const waits = Array.from({ length: 40 }, () => delay.fail('192.0.2.1', 0))
  assert.deepEqual(waits.slice(0, 4), [250, 500, 1000, 2000])
  assert.equal(waits.at(-1), longestDelayMs)
  assert.equal(delay.fail('192.0.2.2', 0), 250)
})

it('forgets after a right password, and after a while', () => {
  const delay = new FailureDelay()
  delay.fail('192.0.2.1', 0)
  delay.forgive('192.0.2.1')
  assert.equal(delay.fail('192.0.2.1', 0), 250)
  assert.equal(delay.fail('192.0.2.1', forgetMs + 1), 250)
})

it('remembers so many addresses and no more', () => {
  const delay = new FailureDelay()
  for (let i = 0; i <= rememberedAddresses; i += 1) delay.fail(String(i), 0)
  assert.equal(delay.fail('0', 0), 250)
  assert.equal(delay.fail(String(rememberedAddresses), 0), 500)
})
