import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { deletedBit, seenBit } from './flags.ts'
import { uid } from './ids.ts'
import { MailboxState, type MessageColumns } from './mailbox-state.ts'
import { planExpunge } from './plan-expunge.ts'
import { planFlags } from './plan-flags.ts'

interface Plain {
  uid: number
  flags: number
  modSeq: number
  size: number
}

/** The mailbox as anybody would write it, to compare with. */
class PlainMailbox {
  messages: Plain[] = []

  get unseen() {
    return this.messages.filter(({ flags }) => (flags & seenBit) === 0).length
  }
  get deleted() {
    return this.messages.filter(({ flags }) => (flags & deletedBit) !== 0).length
  }
  get bytes() {
    return this.messages.reduce((sum, { size }) => sum + size, 0)
  }
}

type Step =
  | { kind: 'deliver'; flags: number; gap: number; size: number }
  | { kind: 'flags'; op: 'set' | 'add' | 'remove'; bits: number; picks: number[]; since?: number }
  | { kind: 'expunge'; picks: number[] }

const word = fc.oneof(fc.constantFrom(0, 1, 8, 9, 31), fc.nat(0xffff_ffff))
const picks = fc.array(fc.nat(60), { maxLength: 20 })
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constant('deliver' as const),
    flags: word,
    gap: fc.nat(3),
    size: fc.nat(5000),
  }),
  fc.record({
    kind: fc.constant('flags' as const),
    op: fc.constantFrom('set' as const, 'add' as const, 'remove' as const),
    bits: word,
    picks,
  }),
  fc.record({ kind: fc.constant('expunge' as const), picks }),
)

test('random changes leave the state as a plain list of messages would be', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const state = new MailboxState(1, 1)
      const plain = new PlainMailbox()
      steps.forEach((one, i) => apply(state, plain, one, i + 1))
      compare(state, plain)
    }),
    { numRuns: 300 },
  )
})

test('several STOREs in one row do what they do one after the other', () => {
  const request = fc.record({
    op: fc.constantFrom('set' as const, 'add' as const, 'remove' as const),
    bits: word,
    uids: fc
      .uniqueArray(fc.integer({ min: 1, max: 12 }))
      .map((set) => Uint32Array.from(set).toSorted()),
  })
  fc.assert(
    fc.property(fc.array(word, { maxLength: 10 }), fc.array(request), (flags, requests) => {
      const together = stateOf(flags)
      const plan = planFlags(together, requests)
      const { unseen, deleted } = together
      plan.commands.forEach((command, i) => together.applyFlags(command, 100 + i))
      assert.equal(together.unseen, unseen + plan.unseen)
      assert.equal(together.deleted, deleted + plan.deleted)
      const apart = stateOf(flags)
      for (const one of requests) {
        for (const command of planFlags(apart, [one]).commands) apart.applyFlags(command, 100)
      }
      assert.deepEqual(together.slice().flags, apart.slice().flags)
    }),
  )
})

test('a change that changes nothing is not written', () => {
  const state = stateOf([1, 0])
  const plan = planFlags(state, [{ op: 'add', bits: 1, uids: Uint32Array.of(1, 2, 77) }])
  assert.deepEqual(plan.commands, [{ remove: 0, add: 1, uids: Uint32Array.of(2) }])
  assert.equal(
    planFlags(state, [{ op: 'add', bits: 1, uids: Uint32Array.of(1) }]).commands.length,
    0,
  )
})

test('UNCHANGEDSINCE refuses what changed later, also inside the same row', () => {
  const state = stateOf([0, 0, 0])
  state.applyFlags({ remove: 0, add: 4, uids: Uint32Array.of(2) }, 50)
  const uids = Uint32Array.of(1, 2, 3)
  const plan = planFlags(state, [
    { op: 'add', bits: 1, uids: Uint32Array.of(3) },
    { op: 'add', bits: 2, uids, unchangedSince: 10 },
  ])
  assert.deepEqual(plan.results[1]?.modified, [2, 3])
  assert.deepEqual(plan.commands[1]?.uids, Uint32Array.of(1))
})

test('entries out of order are refused', () => {
  const state = stateOf([0, 0])
  assert.throws(() => state.append(columns([{ uid: 2, flags: 0, modSeq: 1, size: 1 }])), RangeError)
})

function apply(state: MailboxState, plain: PlainMailbox, one: Step, at: number): void {
  if (one.kind === 'deliver') {
    const next = { uid: state.uidNext + one.gap, flags: one.flags, modSeq: at, size: one.size }
    state.append(columns([next]))
    plain.messages.push(next)
    return
  }
  // Some that exist and some that do not.
  const uids = Uint32Array.from(new Set(one.picks.map((pick) => pick + 1))).toSorted()
  if (one.kind === 'flags') {
    const plan = planFlags(state, [{ op: one.op, bits: one.bits, uids }])
    for (const command of plan.commands) state.applyFlags(command, at)
    for (const message of plain.messages) {
      if (!uids.includes(message.uid)) continue
      const after = changed(message.flags, one.op, one.bits)
      if (after !== message.flags) Object.assign(message, { flags: after, modSeq: at })
    }
    return
  }
  const gone = plain.messages.filter((message) => uids.includes(message.uid))
  plain.messages = plain.messages.filter((message) => !uids.includes(message.uid))
  const before = { total: state.size, unseen: state.unseen, bytes: state.bytes }
  const plan = planExpunge(state, uids)
  const ghosts = state.applyExpunge({ uids })
  assert.deepEqual(
    [...ghosts.uids],
    gone.map((message) => message.uid),
  )
  assert.deepEqual(
    [...ghosts.flags],
    gone.map((message) => message.flags),
  )
  assert.deepEqual(
    { total: state.size, unseen: state.unseen, bytes: state.bytes },
    {
      total: before.total + (plan?.total ?? 0),
      unseen: before.unseen + (plan?.unseen ?? 0),
      bytes: before.bytes + (plan?.bytes ?? 0),
    },
  )
}

function changed(flags: number, op: 'set' | 'add' | 'remove', bits: number): number {
  if (op === 'set') return bits
  return (op === 'add' ? flags | bits : flags & ~bits) >>> 0
}

function compare(state: MailboxState, plain: PlainMailbox): void {
  const { uids, flags, modSeqs, sizes } = state.slice()
  assert.deepEqual(
    [...uids],
    plain.messages.map((message) => message.uid),
  )
  assert.deepEqual(
    [...flags],
    plain.messages.map((message) => message.flags),
  )
  assert.deepEqual(
    [...modSeqs],
    plain.messages.map((message) => message.modSeq),
  )
  assert.deepEqual(
    [...sizes],
    plain.messages.map((message) => message.size),
  )
  assert.equal(state.unseen, plain.unseen)
  assert.equal(state.deleted, plain.deleted)
  assert.equal(state.bytes, plain.bytes)
  plain.messages.forEach((message, i) => assert.equal(state.indexOf(uid(message.uid)), i))
  assert.equal(state.indexOf(uid(4_000_000)), -1)
}

function stateOf(flags: readonly number[]): MailboxState {
  const state = new MailboxState(1)
  state.append(columns(flags.map((one, i) => ({ uid: i + 1, flags: one, modSeq: 5, size: 10 }))))
  return state
}

function columns(rows: readonly Plain[]): MessageColumns {
  return {
    uids: Uint32Array.from(rows, (row) => row.uid),
    flags: Float64Array.from(rows, (row) => row.flags),
    modSeqs: Float64Array.from(rows, (row) => row.modSeq),
    messageIds: Float64Array.from(rows, (row) => row.uid + 1000),
    sizes: Uint32Array.from(rows, (row) => row.size),
    received: new Float64Array(rows.length),
  }
}
