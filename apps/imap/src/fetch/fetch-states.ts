import { setImmediate as nextTurn } from 'node:timers/promises'
import { limits } from '../limits.ts'
import { blocksOf, type MessageBlock } from '../mailbox/resolve-messages.ts'
import type { SelectedMailbox } from '../mailbox/selected-mailbox.ts'
import type { SeqRange } from '../mailbox/sequence-numbers.ts'
import { Octets } from '../session/octets.ts'
import type { PlannedItem, StateItem } from './fetch-plan.ts'
import { MessageResponse, type MessageState } from './message-response.ts'

/** FETCH responses with what memory answers, in chunks, other sessions having their turn in between. */
export async function* fetchStates(
  selected: SelectedMailbox,
  ranges: readonly SeqRange[],
  items: readonly StateItem[],
): AsyncGenerator<Buffer, void> {
  const out = new Octets(4096)
  const planned = items.map((item) => ({ kind: 'state', item }) as const)
  for (const block of blocksOf(selected, ranges, limits.flagsBlock)) {
    writeStates(selected, block, planned, out)
    await nextTurn()
    if (out.length >= limits.chunkBytes / 2) yield out.take()
  }
  yield out.take()
}

/**
 * Writes what memory answers of a block, with one lookup for a run of neighbours. Returns whether
 * messages were gone for good.
 */
export function writeStates(
  selected: SelectedMailbox,
  block: MessageBlock,
  planned: readonly PlannedItem[],
  out: Octets,
): boolean {
  const { open } = selected
  const { state } = open
  const response = new MessageResponse(selected, out)
  const items = planned.flatMap((item) => (item.kind === 'state' ? [item.item] : []))
  let areGone = false
  let index = -1
  for (let i = 0; i < block.uids.length; i += 1) {
    const uid = block.uids[i]
    if (uid === undefined) break
    index =
      index + 1 < state.size && state.uidAt(index + 1) === uid ? index + 1 : state.indexOf(uid)
    const row: MessageState | undefined =
      index < 0
        ? open.row(uid)
        : {
            uid,
            flags: state.flagsAt(index),
            size: state.sizeAt(index),
            received: state.receivedAt(index),
            modSeq: state.modSeqAt(index),
            messageId: state.messageIdAt(index),
          }
    if (row === undefined) {
      areGone = true
      continue
    }
    out
      .ascii('* ')
      .uint(block.seqs[i] ?? 0)
      .ascii(' FETCH (')
    for (let k = 0; k < items.length; k += 1) {
      const item = items[k]
      if (item === undefined) break
      if (k > 0) out.ascii(' ')
      response.state(item, row)
    }
    out.ascii(')\r\n')
  }
  return areGone
}
