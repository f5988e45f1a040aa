import assert from 'node:assert/strict'
import { it } from 'node:test'
import { MemoryBudget } from './memory-budget.ts'

const MB = 1024 * 1024
const tenant = () => ({ held: 0 })

it('favours one that finds no room, lets the others wait, and serves them in order', async () => {
  const budget = new MemoryBudget(10 * MB)
  const [a, b, c, d] = [tenant(), tenant(), tenant(), tenant()]
  assert.ok(budget.take(a, 8 * MB))
  assert.ok(budget.take(b, 8 * MB), 'favoured')
  assert.equal(budget.take(c, 8 * MB), false)
  const order: string[] = []
  const waits = [c, d].map((one, i) =>
    budget.wait(one, 8 * MB, 30_000).then((taken) => order.push(`${i} ${taken}`)),
  )
  budget.leave(a)
  assert.equal(budget.used, 8 * MB)
  assert.deepEqual(order, [])
  budget.leave(b)
  await waits[0]
  assert.equal(budget.used, 16 * MB, 'the first fits, the second is favoured')
  await waits[1]
  assert.deepEqual(order, ['0 true', '1 true'])
  budget.leave(c)
  budget.leave(d)
  assert.equal(budget.used, 0)
})

it('does not let small messages wait behind large ones', () => {
  const budget = new MemoryBudget(10 * MB)
  assert.ok(budget.take(tenant(), 10 * MB))
  assert.ok(budget.take(tenant(), 2 * MB), 'favoured')
  assert.ok(budget.take(tenant(), MB))
  assert.equal(budget.take(tenant(), 2 * MB), false)
})

it('says no after a while, or when the waiter is gone, and holds nothing for it then', async () => {
  const budget = new MemoryBudget(10 * MB)
  const [a, b, c] = [tenant(), tenant(), tenant()]
  budget.take(a, 10 * MB)
  budget.take(tenant(), 8 * MB)
  assert.equal(await budget.wait(b, 8 * MB, 5), false)
  const waiting = budget.wait(c, 8 * MB, 30_000)
  budget.leave(c)
  assert.equal(await waiting, false)
  budget.leave(a)
  assert.equal(budget.used, 8 * MB)
})
