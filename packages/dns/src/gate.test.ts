import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Gate } from './gate.ts'

test('so many are in at once; who leaves lets the next in, in their order', async () => {
  const gate = new Gate(2)
  const order: number[] = []
  let inside = 0
  let most = 0
  const visit = async (n: number) => {
    const leave = await gate.enter(60_000)
    assert.ok(leave !== undefined)
    inside++
    most = Math.max(most, inside)
    order.push(n)
    await new Promise((resolve) => setImmediate(resolve))
    inside--
    leave()
  }
  await Promise.all([1, 2, 3, 4, 5, 6].map(visit))
  assert.equal(most, 2)
  assert.deepEqual(order, [1, 2, 3, 4, 5, 6])
})

test('who waited too long goes away, and nobody’s place is lost', async () => {
  const gate = new Gate(1)
  const first = await gate.enter(0)
  assert.equal(await gate.enter(1), undefined)
  const waiting = gate.enter(60_000)
  first?.()
  const second = await waiting
  assert.ok(second !== undefined)
  second()
  assert.ok((await gate.enter(0)) !== undefined)
})
