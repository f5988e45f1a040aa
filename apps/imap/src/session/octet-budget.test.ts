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

test('who holds room already gets more only where there is some, and nobody waits', async () => {
  const budget = new OctetBudget(100)
  await budget.take(60)
  assert.ok(budget.tryTake(40))
  assert.ok(!budget.tryTake(1))
  const waiting = budget.take(30)
  budget.release(20)
  assert.ok(!budget.tryTake(10), 'the one in line comes first')
  budget.release(40)
  await waiting
  assert.equal(budget.taken, 70)
})
