import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConnectionGate } from './connection-gate.ts'
import { randomFrom, someSeed } from './random.fixture.ts'

test('who waits is let in by turn, and nobody passes by', async () => {
  const gate = new ConnectionGate(() => 1)
  assert.equal(await gate.enter(), true)
  const order: string[] = []
  const first = gate.enter().then(() => order.push('first'))
  const second = gate.enter().then(() => order.push('second'))
  assert.equal(gate.tryEnter(), false)
  gate.leave()
  assert.equal(gate.tryEnter(), false)
  await first
  gate.leave()
  await second
  assert.deepEqual(order, ['first', 'second'])
})

test('who only keeps a connection for later gives it up when somebody waits', async () => {
  const gate = new ConnectionGate(() => 1)
  await gate.enter()
  const back = gate.rest(() => {
    back()
    gate.leave()
  })
  assert.equal(await gate.enter(), true)
  assert.equal(gate.inside, 1)
})

test('more room lets in more, and a closed gate nobody', async () => {
  let room = 1
  const gate = new ConnectionGate(() => room)
  await gate.enter()
  const waiting = [gate.enter(), gate.enter()]
  room = 2
  gate.admit()
  assert.equal(await waiting[0], true)
  gate.close()
  assert.equal(await waiting[1], false)
  assert.equal(await gate.enter(), false)
})

test('never are more inside than there is room for, and everybody gets in', async (t) => {
  const seed = someSeed()
  t.diagnostic(`seed ${seed}`)
  const random = randomFrom(seed)
  let room = 3
  const gate = new ConnectionGate(() => room)
  let served = 0
  const one = async (): Promise<void> => {
    assert.equal(await gate.enter(), true)
    assert.ok(gate.inside <= 5, `seed ${seed}`)
    for (let n = random() * 4; n > 0; n -= 1) await Promise.resolve()
    served += 1
    gate.leave()
  }
  const all = Array.from({ length: 500 }, async () => {
    room = 1 + Math.floor(random() * 5)
    gate.admit()
    await one()
  })
  await Promise.all(all)
  assert.equal(served, 500)
  assert.equal(gate.inside, 0)
})
