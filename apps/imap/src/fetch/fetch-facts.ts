import { setImmediate as nextTurn } from 'node:timers/promises'
import type { FactsPage, StoredFacts, Uid } from '@posthouse/store'
import { limits } from '../limits.ts'
import { blocksOf, type MessageBlock } from '../mailbox/resolve-messages.ts'
import type { SelectedMailbox } from '../mailbox/selected-mailbox.ts'
import type { SeqRange } from '../mailbox/sequence-numbers.ts'
import { Octets } from '../session/octets.ts'
import { FactsWriter } from './facts-writer.ts'
import type { FetchPlan } from './fetch-plan.ts'
import type { Missing } from './fetch-states.ts'
import { MessageResponse } from './message-response.ts'
import { StateCursor, type MessageState } from './state-writer.ts'

type Page = FactsPage<keyof StoredFacts>

/**
 * FETCH responses of what memory and facts answer, in chunks, other sessions having their turn in between; undefined where
 * the FETCH asks for more.
 */
export function fetchFacts(
  selected: SelectedMailbox,
  ranges: readonly SeqRange[],
  plan: FetchPlan,
): AsyncGenerator<Buffer, Missing> | undefined {
  if (plan.facts.length === 0 || plan.setsSeen) return undefined
  const out = Octets.borrow()
  const writer = FactsWriter.of(selected, plan.items, out)
  if (writer !== undefined) return new FactsFetch(selected, plan, writer, out).run(ranges)
  out.giveBack()
  return undefined
}

/** One such FETCH at work. */
class FactsFetch {
  readonly #selected: SelectedMailbox
  readonly #plan: FetchPlan
  readonly #writer: FactsWriter
  readonly #out: Octets
  readonly #missing: Missing = { areGone: false, hasGhosts: false }

  constructor(selected: SelectedMailbox, plan: FetchPlan, writer: FactsWriter, out: Octets) {
    this.#selected = selected
    this.#plan = plan
    this.#writer = writer
    this.#out = out
  }

  async *run(ranges: readonly SeqRange[]): AsyncGenerator<Buffer, Missing> {
    try {
      yield* this.#writeAll(ranges)
      return this.#missing
    } finally {
      this.#out.giveBack()
    }
  }

  async *#writeAll(ranges: readonly SeqRange[]): AsyncGenerator<Buffer, void> {
    const { open } = this.#selected
    for (const block of blocksOf(this.#selected, ranges, limits.factsAhead)) {
      let done = 0
      for await (const page of open.factPages<keyof StoredFacts>(block.uids, this.#plan.facts)) {
        for (let from = 0; from < page.size; from += limits.factsBlock) {
          done = yield* this.#write(page, from, block, done)
          await nextTurn()
        }
      }
      if (done < block.uids.length) this.#missing.areGone = true
    }
    yield this.#out.lend()
  }

  /** Writes some messages of a page, the first of them being not before `done` in the block. Returns where it ends. */
  async *#write(
    page: Page,
    from: number,
    { seqs, uids }: MessageBlock,
    done: number,
  ): AsyncGenerator<Buffer, number> {
    const to = Math.min(page.size, from + limits.factsBlock)
    let at = done
    let cursor = new StateCursor(this.#selected.open.state)
    for (let i = from; i < to; i += 1) {
      const uid = page.uidAt(i)
      // A page passes over messages that are gone.
      for (; at < uids.length && uids[at] !== uid; at += 1) this.#missing.areGone = true
      const seq = seqs[at] ?? 0
      at += 1
      const message = this.#find(cursor, uid)
      if (message === undefined) this.#missing.areGone = true
      else if (!this.#writer.response(seq, message, page, i)) {
        yield* this.#writeLarge(seq, uid, page, i)
        cursor = new StateCursor(this.#selected.open.state)
      }
      if (this.#out.length < limits.chunkBytes) continue
      yield this.#out.lend()
      cursor = new StateCursor(this.#selected.open.state)
    }
    return at
  }

  #find(cursor: StateCursor, uid: Uid): MessageState | undefined {
    return cursor.moveTo(uid) ? cursor : this.#selected.open.row(uid)
  }

  /** A message whose header has to be read. */
  async *#writeLarge(
    seq: number,
    uid: Uid,
    page: Page,
    index: number,
  ): AsyncGenerator<Buffer, void> {
    const row = this.#selected.open.row(uid)
    if (row === undefined) return
    const facts = page.facts(index)
    const response = new MessageResponse(this.#selected, this.#out)
    const rest = { octets: undefined, savedAt: undefined, threadId: undefined }
    yield* response.write(this.#plan.items, { seq, row, facts, ...rest })
  }
}
