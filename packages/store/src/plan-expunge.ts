import { deletedBit, seenBit } from './flags.ts'
import { packExpunge } from './log-payload.ts'
import type { MailboxState } from './mailbox-state.ts'
import type { LogWrite } from './mailbox-writes.ts'

/** What expunging these UIDs (ascending) would write; undefined where none of them is there. */
export function planExpunge(
  state: MailboxState,
  uids: Uint32Array,
  operation?: string,
): (LogWrite & { readonly uids: Uint32Array }) | undefined {
  const indexes = state.indexesOf(uids)
  if (indexes.length === 0) return undefined
  const rows = state.pick(indexes)
  const { flags, sizes } = rows
  return {
    kind: 'expunge',
    commands: 1,
    payload: packExpunge(rows),
    total: -indexes.length,
    unseen: -flags.filter((word) => (word & seenBit) === 0).length,
    deleted: -flags.filter((word) => (word & deletedBit) !== 0).length,
    bytes: -sizes.reduce((sum, size) => sum + size, 0),
    uids: rows.uids,
    ...(operation === undefined ? {} : { operation }),
  }
}
