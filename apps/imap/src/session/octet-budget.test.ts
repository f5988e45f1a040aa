import assert from 'node:assert/strict'
import { test } from 'node:test'
import { OctetBudget } from './octet-budget.ts'

test('who does not fit waits in line and is let in when room is given back', async () => {
  const budget = new OctetBudget(100)
  const order: string[] = []
  await budget.take(80)
  const large = budget.take(90).then(() => order.push('large'))
  const small = budget.take(5).then(() => order.push('small'))
  assert.equal(budget.taken, 80)
  budget.release(80)
  await Promise.all([large, small])
  assert.deepEqual(order, ['large', 'small'])
  assert.equal(budget.taken, 95)
})

test('one that is larger than everything is let in alone', async () => {
  const budget = new OctetBudget(10)
  await budget.take(1000)
  const next = budget.take(1)
  budget.release(1000)
  await next
  assert.equal(budget.taken, 1)
})
