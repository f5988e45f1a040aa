import { searchMessages, type PreparedSearch } from '@posthouse/mailbox-search'
import type { Reader } from '../session/context.ts'
import { progress, type Progress } from '../session/conversation.ts'

/** What a search found: UIDs and their mod-sequences, index by index. */
export interface Found {
  readonly uids: readonly number[]
  readonly modSeqs: readonly number[]
}

/**
 * The messages that a program finds, by ascending UID, all of them before anything is answered: so that
 * the client can be told of the progress meanwhile. `steps`: in how many steps of one length the command is.
 */
export async function* findMessages(
  reader: Reader,
  prepared: PreparedSearch,
  steps = 1,
): AsyncGenerator<Progress, Found> {
  const { selected, closed } = reader
  const goal = selected.numbers.size * steps
  const uids: number[] = []
  const modSeqs: number[] = []
  for await (const { found, done } of searchMessages(selected, prepared, closed)) {
    for (const { uid, modSeq } of found) {
      uids.push(uid)
      modSeqs.push(modSeq)
    }
    yield progress(done, goal)
  }
  return { uids, modSeqs }
}
