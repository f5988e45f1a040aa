import { deletedBit, seenBit } from './flags.ts'
import { allBeyond, changeFlags, setOf } from './keyword-sets.ts'
import type { FlagCommand } from './log-payload.ts'
import type { MailboxState } from './mailbox-state.ts'

/** One STORE: which flags (keyword-sets.ts), on which UIDs (ascending). */
export interface FlagRequest {
  readonly uids: Uint32Array
  readonly op: 'set' | 'add' | 'remove'
  readonly bits: number
  /** Messages changed after this modseq are refused (RFC 7162 §3.1.3). */
  readonly unchangedSince?: number
}

/** What several STOREs, one after the other, would change. */
export interface FlagPlan {
  /** Effective changes only, for the log row. */
  readonly commands: readonly FlagCommand[]
  /** Per request: which of `commands` is its own, and what UNCHANGEDSINCE refused. */
  readonly results: readonly {
    readonly command: number | undefined
    readonly modified: readonly number[]
  }[]
  readonly unseen: number
  readonly deleted: number
}

/** Computes the effect of these requests on the state, without changing it. UIDs that are gone and no-ops drop out. */
export function planFlags(state: MailboxState, requests: readonly FlagRequest[]): FlagPlan {
  // Flags of messages that an earlier request of the same row changed.
  const overlay = new Map<number, number>()
  const commands: FlagCommand[] = []
  const totals = { unseen: 0, deleted: 0 }
  const results = requests.map((request) => {
    const { command, modified } = planOne(state, request, overlay, totals, requests.length > 1)
    return { command: command && commands.push(command) - 1, modified }
  })
  return { commands, results, ...totals }
}

function planOne(
  state: MailboxState,
  request: FlagRequest,
  overlay: Map<number, number>,
  totals: { unseen: number; deleted: number },
  isShared: boolean,
): { readonly command: FlagCommand | undefined; readonly modified: readonly number[] } {
  const { remove, add } = masks(request)
  const since = request.unchangedSince
  const indexes = state.indexesOf(request.uids)
  const uids = new Uint32Array(indexes.length)
  let count = 0
  let hasBeyond = false
  const modified: number[] = []
  for (const index of indexes) {
    const changedHere = isShared ? overlay.get(index) : undefined
    if (since !== undefined && (changedHere !== undefined || state.modSeqAt(index) > since)) {
      modified.push(state.uidAt(index))
      continue
    }
    const before = changedHere ?? state.flagsAt(index)
    const after = changeFlags(before, remove, add)
    if (after === before) continue
    uids[count++] = state.uidAt(index)
    hasBeyond ||= setOf(before).length > 0
    totals.unseen += (before & seenBit) - (after & seenBit)
    totals.deleted += ((after & deletedBit) - (before & deletedBit)) / deletedBit
    if (isShared) overlay.set(index, after)
  }
  if (count === 0) return { command: undefined, modified }
  // Where no message has any keyword beyond the flag word, the row need not speak of them.
  const removed = hasBeyond ? remove : remove >>> 0
  return { command: { remove: removed, add, uids: uids.subarray(0, count) }, modified }
}

function masks({ op, bits }: FlagRequest): { readonly remove: number; readonly add: number } {
  if (op === 'add') return { remove: 0, add: bits }
  if (op === 'remove') return { remove: bits, add: 0 }
  return { remove: (~bits >>> 0) + allBeyond, add: bits }
}
