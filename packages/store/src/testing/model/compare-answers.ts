import assert from 'node:assert/strict'
import type { MailboxModel, ModelMessage } from './mailbox-model.ts'
import type { ModelAnswer, ModelOp } from './protocol.ts'

/** COPY or MOVE. */
export type Transfer = Extract<ModelOp, { kind: 'copy' | 'move' }>

/**
 * Puts a STORE into effect and compares what it was answered. What the store finds done after a lost connection changes nothing
 * when it is asked for again, and to UNCHANGEDSINCE it is a change by somebody.
 */
export function storeFlags(
  box: MailboxModel,
  op: Extract<ModelOp, { kind: 'store' }>,
  answer: ModelAnswer,
): void {
  const { changed, modified } = box.store(op.uids, op.op, op.flags, op.unchangedSince)
  const isFoundDone = answer.hadLoss === true && answer.changed?.length === 0
  const perhaps = isFoundDone ? changed.map(([uid]) => uid) : []
  const more = answer.modified?.filter((uid) => perhaps.includes(uid)) ?? []
  same(answer.changed, isFoundDone ? [] : changed, op)
  same(answer.modified, [...modified, ...more].toSorted(byNumber), op)
}

/** The same of an expunge. */
export function expunge(
  box: MailboxModel,
  op: Extract<ModelOp, { kind: 'expunge' }>,
  { expunged, hadLoss }: ModelAnswer,
): void {
  const expected = box.expunge(op.uids)
  same(expunged, hadLoss === true && expunged?.length === 0 ? [] : expected, op)
}

/** The same of a copy or move, whose UIDs the store chose: all that was there, in order. */
export function transfer(
  source: MailboxModel,
  target: MailboxModel,
  op: Transfer,
  pairs: readonly (readonly [number, number])[],
): void {
  const there = [...new Set(op.uids)].filter((uid) => source.messages.has(uid))
  const copied = pairs.map(([from]) => from)
  same(copied, there.toSorted(byNumber), op)
  const copies = pairs.flatMap(([from]): ModelMessage[] => {
    const message = source.messages.get(from)
    return message === undefined ? [] : [{ ...message }]
  })
  if (op.kind === 'move') source.expunge(op.uids, true)
  for (const [i, [, to]] of pairs.entries()) {
    const before = pairs[i - 1]?.[1] ?? 0
    assert.ok(to > before, `${JSON.stringify(op)}: UIDs do not ascend`)
    const copy = copies[i]
    if (copy !== undefined) target.receive(to, copy)
  }
}

function same(answered: unknown, expected: unknown, op: ModelOp): void {
  const said = `${JSON.stringify(op)}: ${JSON.stringify(answered)}, not ${JSON.stringify(expected)}`
  assert.deepEqual(answered, expected, said)
}

function byNumber(a: number, b: number): number {
  return a - b
}
