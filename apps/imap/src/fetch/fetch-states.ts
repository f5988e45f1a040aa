import { setImmediate as nextTurn } from 'node:timers/promises'
import { uid as asUid, type Uid } from '@posthouse/store'
import { limits } from '../limits.ts'
import type { SelectedMailbox } from '../mailbox/selected-mailbox.ts'
import type { SeqRange } from '../mailbox/sequence-numbers.ts'
import { Octets } from '../session/octets.ts'
import type { StateItem } from './fetch-plan.ts'
import { StateCursor, StateWriter } from './state-writer.ts'

/** What was missing among the messages of a command. */
export interface Missing {
  /** Some are gone for good. */
  areGone: boolean
  /** Some are expunged; this client has not been told. */
  hasGhosts: boolean
}

/**
 * FETCH responses with what memory answers, in chunks, other sessions having their turn in between. Those that `isTold`
 * refuses are only looked for.
 */
export async function* fetchStates(
  selected: SelectedMailbox,
  ranges: readonly SeqRange[],
  items: readonly StateItem[],
  isTold: (uid: Uid) => boolean = everyone,
): AsyncGenerator<Buffer, Missing> {
  const out = Octets.borrow()
  const work = { items, isTold, writer: new StateWriter(selected, out) }
  const missing = { areGone: false, hasGhosts: false }
  try {
    yield* writeRanges(selected, ranges, work, { out, missing })
    return missing
  } finally {
    out.giveBack()
  }
}

async function* writeRanges(
  selected: SelectedMailbox,
  ranges: readonly SeqRange[],
  work: StateWork,
  { out, missing }: { readonly out: Octets; readonly missing: Missing },
): AsyncGenerator<Buffer, void> {
  let inTurn = 0
  for (const range of ranges) {
    for (let from = range.from; from <= range.to;) {
      const to = Math.min(range.to, from + limits.flagsBlock - inTurn - 1)
      writeRange(selected, { from, to }, work, missing)
      inTurn += to - from + 1
      from = to + 1
      if (inTurn < limits.flagsBlock) continue
      inTurn = 0
      await nextTurn()
      if (out.length >= limits.chunkBytes / 2) yield out.lend()
    }
  }
  yield out.lend()
}

const everyone = (): boolean => true

interface StateWork {
  readonly items: readonly StateItem[]
  readonly isTold: (uid: Uid) => boolean
  readonly writer: StateWriter
}

/** Writes a range, with one look-up for a run of neighbours. */
function writeRange(
  selected: SelectedMailbox,
  range: SeqRange,
  { items, isTold, writer }: StateWork,
  missing: Missing,
): void {
  const message = new StateCursor(selected.open.state)
  const uids = selected.numbers.uidsOf(range)
  for (let i = 0; i < uids.length; i += 1) {
    const uid = asUid(uids[i] ?? 0)
    if (message.moveTo(uid)) {
      if (isTold(uid)) writer.response(range.from + i, items, message)
      continue
    }
    const ghost = selected.open.row(uid)
    if (ghost === undefined) missing.areGone = true
    else missing.hasGhosts = true
    if (ghost !== undefined && isTold(uid)) writer.response(range.from + i, items, ghost)
  }
}
