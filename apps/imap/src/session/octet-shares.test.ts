import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { OctetShares } from './octet-shares.ts'

test('an owner whose share is used up waits, and keeps nobody else waiting', async () => {
  const shares = new OctetShares(100, 40)
  await shares.take('slow', 40)
  let isIn = false
  const second = shares.take('slow', 30).then(() => (isIn = true))
  assert.equal(shares.tryTake('slow', 1), false)
  await shares.take('other', 40)
  await turn()
  assert.equal(isIn, false)
  shares.release('slow', 40)
  await second
  assert.equal(shares.taken, 70)
})

test('all owners together stay within the whole; who cannot have it at once takes nothing', async () => {
  const shares = new OctetShares(100, 40)
  await shares.take('a', 40)
  await shares.take('b', 40)
  assert.equal(shares.tryTake('c', 30), false)
  assert.equal(shares.tryTake('c', 20), true)
  const waiting = shares.take('d', 20)
  shares.release('a', 40)
  await waiting
  assert.equal(shares.taken, 80)
})

test('owners that hold nothing are forgotten', async () => {
  const shares = new OctetShares(100, 40)
  for (const owner of ['a', 'b', 'c']) await shares.take(owner, 10)
  assert.equal(shares.owners, 3)
  for (const owner of ['a', 'b', 'c']) shares.release(owner, 10)
  assert.equal(shares.owners, 0)
  assert.equal(shares.taken, 0)
})
