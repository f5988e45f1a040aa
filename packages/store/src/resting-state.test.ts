import assert from 'node:assert/strict'
import { test } from 'node:test'
import { withSet } from './keyword-sets.ts'
import { uid } from './ids.ts'
import { MailboxState, type MessageColumns } from './mailbox-state.ts'
import type { MailboxView } from './mailbox-view.ts'
import { packState, RestingState } from './resting-state.ts'
import { randomFrom, type Random } from './testing/random.ts'

function rows(first: number, count: number, modSeq: number, random: Random): MessageColumns {
  const numbers = Array.from({ length: count }, (_, i) => first + i * 2)
  return {
    uids: Uint32Array.from(numbers),
    flags: Float64Array.from(numbers, () => {
      return random(5) === 0 ? withSet(random(64), [40 + random(3)]) : random(64)
    }),
    modSeqs: Float64Array.from(numbers, (_, i) => modSeq + i),
    messageIds: Float64Array.from(numbers, (number) => number * 7),
    sizes: Uint32Array.from(numbers, () => random(100_000)),
    received: Float64Array.from(numbers, (number) => 1_700_000_000 + number),
  }
}

function filled(count: number, random: Random): MailboxState {
  const state = new MailboxState(7)
  state.append(rows(1, count, 1_000, random))
  state.advance({ modSeq: 1_000 + count, changeSeq: 3, uidNext: 2 * count + 10 })
  return state
}

async function atRest(
  state: MailboxState,
): Promise<{ resting: RestingState; wakes: () => number }> {
  const packed = await packState(state, () => true)
  assert.ok(packed)
  let wakes = 0
  const resting = new RestingState(state, packed, () => {
    wakes++
    return resting.awakened()
  })
  return { resting, wakes: () => wakes }
}

function figuresOf(view: MailboxView) {
  const { size, uidValidity, uidNext, highestModSeq, unseen, deleted, bytes } = view
  return { size, uidValidity, uidNext, highestModSeq, unseen, deleted, bytes }
}

test('a state at rest says what it said awake, and is the same when it wakes', async () => {
  const random = randomFrom(11)
  for (const count of [0, 1, 5, 1024, 3000]) {
    const state = filled(count, random)
    const before = state.slice()
    const dirty = [...state.takeDirty()]
    state.putBackDirty(dirty)
    const { resting } = await atRest(state)
    assert.deepEqual(figuresOf(resting), figuresOf(state))
    assert.deepEqual(resting.position, state.position)
    const again = resting.awakened()
    assert.deepEqual(again.slice(), before)
    assert.deepEqual(again.position, state.position)
    assert.deepEqual(new Set(again.takeDirty()), new Set(dirty))
    assert.equal(again.flagUnion, state.flagUnion)
  }
})

test('new messages are taken in and told without waking', async () => {
  const random = randomFrom(12)
  const state = filled(2000, random)
  const { resting, wakes } = await atRest(state)
  const told = { modSeq: resting.highestModSeq, uidNext: resting.uidNext }
  const late = rows(told.uidNext, 3, told.modSeq + 5, random)
  const head = { modSeq: told.modSeq + 7, changeSeq: 3, uidNext: told.uidNext + 5 }
  resting.append(late, head, 7)
  state.append(late)
  state.advance(head)
  assert.deepEqual(figuresOf(resting), figuresOf(state))
  assert.equal(resting.lowerBound(told.uidNext), 2000)
  assert.deepEqual([...resting.changedSince(told.modSeq)], [2000, 2001, 2002])
  assert.deepEqual([...resting.changedSince(told.modSeq, 2001)], [2000])
  assert.deepEqual([...resting.changedSince(told.modSeq, 10)], [])
  assert.equal(resting.uidAt(2001), state.uidAt(2001))
  assert.equal(resting.flagsAt(2001), state.flagsAt(2001))
  assert.equal(resting.indexOf(uid(late.uids[2] ?? 0)), 2002)
  assert.equal(wakes(), 0)
  assert.equal(resting.flagsAt(5), state.flagsAt(5))
  assert.equal(wakes(), 1)
  assert.deepEqual(resting.awakened().slice(), state.slice())
})

test('one that was woken points to what is awake, and wakes once', async () => {
  const state = filled(100, randomFrom(13))
  const { resting, wakes } = await atRest(state)
  assert.equal(resting.sizeAt(3), state.sizeAt(3))
  assert.equal(resting.uidAt(99), state.uidAt(99))
  assert.deepEqual([...resting.changedSince(0)].length, 100)
  assert.equal(resting.indexOf(uid(5)), 2)
  assert.equal(wakes(), 1)
})

test('a state that moves while it is packed is not packed', async () => {
  let looks = 0
  assert.equal(await packState(filled(5000, randomFrom(14)), () => ++looks < 3), undefined)
})

test('at rest a message takes a fifth of what it takes awake, or less', async () => {
  const state = filled(50_000, randomFrom(15))
  const { resting } = await atRest(state)
  assert.ok(resting.heldBytes * 5 < state.heldBytes, `${resting.heldBytes} of ${state.heldBytes}`)
})
