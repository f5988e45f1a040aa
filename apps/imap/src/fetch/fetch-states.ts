import { setImmediate as nextTurn } from 'node:timers/promises'
import { uid as asUid } from '@posthouse/store'
import { limits } from '../limits.ts'
import type { SelectedMailbox } from '../mailbox/selected-mailbox.ts'
import type { SeqRange } from '../mailbox/sequence-numbers.ts'
import { Octets } from '../session/octets.ts'
import type { StateItem } from './fetch-plan.ts'
import { StateCursor, StateWriter } from './state-writer.ts'

/**
 * FETCH responses with what memory answers, in chunks, other sessions having their turn in between. Returns whether
 * messages were gone for good.
 */
export async function* fetchStates(
  selected: SelectedMailbox,
  ranges: readonly SeqRange[],
  items: readonly StateItem[],
): AsyncGenerator<Buffer, boolean> {
  const out = new Octets(limits.chunkBytes + 4096)
  const writer = new StateWriter(selected, out)
  let areGone = false
  let inTurn = 0
  for (const range of ranges) {
    for (let from = range.from; from <= range.to;) {
      const to = Math.min(range.to, from + limits.flagsBlock - inTurn - 1)
      if (writeRange(selected, { from, to }, items, writer)) areGone = true
      inTurn += to - from + 1
      from = to + 1
      if (inTurn < limits.flagsBlock) continue
      inTurn = 0
      await nextTurn()
      if (out.length >= limits.chunkBytes / 2) yield out.take()
    }
  }
  yield out.take()
  return areGone
}

/** Writes a range, with one look-up for a run of neighbours. Returns whether messages were gone for good. */
function writeRange(
  selected: SelectedMailbox,
  range: SeqRange,
  items: readonly StateItem[],
  writer: StateWriter,
): boolean {
  const { state } = selected.open
  const message = new StateCursor(state)
  const uids = selected.numbers.uidsOf(range)
  let areGone = false
  let next = 0
  for (let i = 0; i < uids.length; i += 1) {
    const uid = asUid(uids[i] ?? 0)
    message.index = next < state.size && state.uidAt(next) === uid ? next : state.indexOf(uid)
    next = message.index + 1
    const found = message.index >= 0 ? message : selected.open.row(uid)
    if (found === undefined) areGone = true
    else writer.response(range.from + i, items, found)
  }
  return areGone
}
