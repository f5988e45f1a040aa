import assert from 'node:assert/strict'
import type { Transfer } from './compare-answers.ts'
import { strangersIn, type MailboxModel, type ModelMessage } from './mailbox-model.ts'
import type { LookAnswer, ModelOp } from './protocol.ts'

/**
 * Decides by what is there whether an operation was done that nobody answered for, and puts it into effect. It was done as a
 * whole or not at all: whether that is so shows when everything is compared afterwards. A copy or move that was done gives
 * its pairs of UIDs, and is the caller's to put into effect.
 */
export function decideDoubt(
  op: ModelOp,
  modelOf: (box: number) => MailboxModel,
  lookAt: (box: number) => LookAnswer,
): readonly (readonly [number, number])[] | undefined {
  if (op.kind === 'deliver' || op.kind === 'append') {
    const found = lookAt(op.box).names.find(([, name]) => name === op.name)
    const isDelivered = op.kind === 'deliver'
    if (found !== undefined) modelOf(op.box).add(found[0], op.name, op.flags, isDelivered)
  } else if (op.kind === 'store') decideStore(op, modelOf(op.box), lookAt(op.box))
  else if (op.kind === 'expunge') {
    const model = modelOf(op.box)
    const there = new Set(lookAt(op.box).rows.map(([uid]) => uid))
    if (op.uids.some((uid) => model.messages.has(uid) && !there.has(uid))) model.expunge(op.uids)
  } else if (op.kind === 'copy' || op.kind === 'move') {
    return decideTransfer(op, modelOf, lookAt)
  } else if (op.kind === 'purge') modelOf(op.box).purge()
  return undefined
}

/** Done where any message shows it. */
function decideStore(
  op: Extract<ModelOp, { kind: 'store' }>,
  model: MailboxModel,
  seen: LookAnswer,
): void {
  const flags = new Map(seen.rows.map(([uid, key]) => [uid, key]))
  const isDone = op.uids.some((uid) => {
    const before = model.messages.get(uid)
    return before !== undefined && flags.get(uid) !== before.flags
  })
  if (isDone) model.store(op.uids, op.op, op.flags, op.unchangedSince)
}

/** The copies stand one behind the other in the target; of a move, the originals are gone: both or neither (I9). */
function decideTransfer(
  op: Transfer,
  modelOf: (box: number) => MailboxModel,
  lookAt: (box: number) => LookAnswer,
): readonly (readonly [number, number])[] | undefined {
  const originals = [...new Set(op.uids)]
    .toSorted((a, b) => a - b)
    .flatMap((uid): readonly (readonly [number, ModelMessage])[] => {
      const message = modelOf(op.box).messages.get(uid)
      return message === undefined ? [] : [[uid, message]]
    })
  const [first] = originals
  if (first === undefined) return undefined
  const start = startOf(
    originals.map(([, message]) => message),
    strangersIn(modelOf(op.to), lookAt(op.to)),
  )
  if (op.kind === 'move') {
    const isGone = lookAt(op.box).rows.every(([uid]) => uid !== first[0])
    assert.equal(start !== undefined, isGone, `${JSON.stringify(op)}: half of it was done`)
  }
  return start === undefined ? undefined : originals.map(([uid], i) => [uid, start + i])
}

/** Under which UID the first of a row of copies stands among messages that are new. */
function startOf(
  originals: readonly ModelMessage[],
  strangers: LookAnswer['rows'],
): number | undefined {
  const found = strangers.find(([start], at) =>
    originals.every(({ messageId, flags }, i) => {
      const row = strangers[at + i]
      return row?.[0] === start + i && row[1] === flags && row[3] === messageId
    }),
  )
  return found?.[0]
}
