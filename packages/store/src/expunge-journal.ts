import { lowerBound, type MessageColumns } from './mailbox-state.ts'
import type { Expunged } from './apply-tail.ts'

/**
 * What a shared state has expunged and some session was not told yet. Blocks are numbered from the mailbox's opening;
 * a session's cursor is the number of the first block it was not told. Shared by all sessions: one copy of each ghost.
 */
export class ExpungeJournal {
  #blocks: Expunged[] = []
  #first = 0

  /** The number that the next block will have. */
  get end(): number {
    return this.#first + this.#blocks.length
  }

  /** Keeps blocks for the sessions there are. */
  add(blocks: readonly Expunged[]): void {
    this.#blocks.push(...blocks)
  }

  /** The blocks from this cursor on. */
  since(cursor: number): readonly Expunged[] {
    return this.#blocks.slice(cursor - this.#first)
  }

  /** Drops blocks below this cursor: every session was told. */
  dropBelow(cursor: number): void {
    const told = Math.min(cursor - this.#first, this.#blocks.length)
    if (told <= 0) return
    this.#blocks = this.#blocks.slice(told)
    this.#first += told
  }
}

/** The index of this UID in a block's columns, or -1. */
export function indexIn(rows: MessageColumns, uid: number): number {
  const index = lowerBound(rows.uids, uid, rows.uids.length)
  return rows.uids[index] === uid ? index : -1
}
