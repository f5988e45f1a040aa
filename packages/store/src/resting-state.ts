import { setImmediate as nextTurn } from 'node:timers/promises'
import { changeFlags } from './keyword-sets.ts'
import type { MessageId, ModSeq, Uid } from './ids.ts'
import { MailboxState, type MessageColumns, type StatePosition } from './mailbox-state.ts'
import type { MailboxView } from './mailbox-view.ts'
import { packPage, pageUids, unpackPage } from './page-codec.ts'

/** Pages packed in one turn: a millisecond or two. */
const pagesPerTurn = 16

/** A state's messages, packed. */
export interface PackedState {
  readonly pages: readonly Buffer[]
  /** The highest modseq of a message. */
  readonly topModSeq: number
}

/** Packs a state, in several turns where it is large. Undefined: it moved meanwhile. */
export async function packState(
  state: MailboxState,
  isStill: () => boolean,
): Promise<PackedState | undefined> {
  const pages: Buffer[] = []
  let topModSeq = 0
  for (let at = 0; at < state.size; at += pageUids) {
    if (pages.length % pagesPerTurn === pagesPerTurn - 1) await nextTurn()
    if (!isStill()) return undefined
    const rows = state.slice(at, Math.min(at + pageUids, state.size))
    for (const one of rows.modSeqs) topModSeq = Math.max(topModSeq, one)
    pages.push(packPage(rows))
  }
  return { pages, topModSeq }
}

/**
 * A mailbox in memory that nobody looks at: the pages of its checkpoint instead of columns, six octets a message instead of
 * forty. What idle sessions need is answered as it is: new messages, and that nothing else changed. Every other question wakes
 * the state.
 */
export class RestingState implements MailboxView {
  readonly #pages: readonly Buffer[]
  readonly #packedSize: number
  readonly #lastUid: number
  readonly #topModSeq: number
  readonly #figures: Pick<MailboxState, 'unseen' | 'deleted' | 'bytes' | 'flagUnion'>
  readonly #dirty: ReadonlySet<number>
  /** Messages that came since. */
  readonly #late: MailboxState
  readonly #wake: () => MailboxState
  #awake: MailboxState | undefined

  /**
   * Takes the place of this state, which must not be used any more, nor have moved since it was packed. `wake` is called when
   * a question can not be answered at rest, and gives what `awakened` made.
   */
  constructor(awake: MailboxState, { pages, topModSeq }: PackedState, wake: () => MailboxState) {
    const { size, unseen, deleted, bytes, flagUnion } = awake
    this.#pages = pages
    this.#packedSize = size
    this.#lastUid = size === 0 ? 0 : awake.uidAt(size - 1)
    this.#topModSeq = topModSeq
    this.#figures = { unseen, deleted, bytes, flagUnion }
    this.#dirty = awake.takeDirty()
    this.#late = new MailboxState(awake.uidValidity, 0)
    this.#late.advance(awake.position)
    this.#wake = wake
  }

  /** The whole state again. From now on this one only points to it. */
  awakened(): MailboxState {
    const state = new MailboxState(this.uidValidity, this.size)
    for (const page of this.#pages) state.appendPage(unpackPage(page))
    state.putBackDirty(this.#dirty)
    state.append(this.#late.slice())
    state.advance(this.position)
    this.#awake = state
    return state
  }

  /** Takes in new messages, and a head that has changed in nothing else. */
  append(entries: MessageColumns, head: StatePosition, uidValidity: number): void {
    this.#late.append(entries)
    this.#late.advance(head)
    this.#late.setUidValidity(uidValidity)
  }

  /** Octets it holds. */
  get heldBytes(): number {
    return this.#pages.reduce((sum, { length }) => sum + length, 0) + this.#late.heldBytes
  }

  get position(): StatePosition {
    return this.#late.position
  }
  get size(): number {
    return this.#awake?.size ?? this.#packedSize + this.#late.size
  }
  get uidValidity(): number {
    return this.#awake?.uidValidity ?? this.#late.uidValidity
  }
  get uidNext(): Uid {
    return this.#awake?.uidNext ?? this.#late.uidNext
  }
  get highestModSeq(): ModSeq {
    return this.#awake?.highestModSeq ?? this.#late.highestModSeq
  }
  get unseen(): number {
    return this.#awake?.unseen ?? this.#figures.unseen + this.#late.unseen
  }
  get deleted(): number {
    return this.#awake?.deleted ?? this.#figures.deleted + this.#late.deleted
  }
  get bytes(): number {
    return this.#awake?.bytes ?? this.#figures.bytes + this.#late.bytes
  }
  /** Every flag that any message had. */
  get flagUnion(): number {
    return changeFlags(this.#figures.flagUnion, 0, this.#late.flagUnion)
  }

  uidAt(index: number): Uid {
    const at = this.#lateIndex(index)
    return at === undefined ? this.#state.uidAt(index) : this.#late.uidAt(at)
  }
  flagsAt(index: number): number {
    const at = this.#lateIndex(index)
    return at === undefined ? this.#state.flagsAt(index) : this.#late.flagsAt(at)
  }
  modSeqAt(index: number): ModSeq {
    const at = this.#lateIndex(index)
    return at === undefined ? this.#state.modSeqAt(index) : this.#late.modSeqAt(at)
  }
  messageIdAt(index: number): MessageId {
    const at = this.#lateIndex(index)
    return at === undefined ? this.#state.messageIdAt(index) : this.#late.messageIdAt(at)
  }
  sizeAt(index: number): number {
    const at = this.#lateIndex(index)
    return at === undefined ? this.#state.sizeAt(index) : this.#late.sizeAt(at)
  }
  receivedAt(index: number): number {
    const at = this.#lateIndex(index)
    return at === undefined ? this.#state.receivedAt(index) : this.#late.receivedAt(at)
  }

  indexOf(wanted: Uid): number {
    if (!this.#isLate(wanted)) return this.#state.indexOf(wanted)
    const index = this.#late.indexOf(wanted)
    return index === -1 ? -1 : this.#packedSize + index
  }

  lowerBound(wanted: number): number {
    if (!this.#isLate(wanted)) return this.#state.lowerBound(wanted)
    return this.#packedSize + this.#late.lowerBound(wanted)
  }

  changedSince(since: number, end = this.size): readonly number[] {
    if (this.#awake !== undefined || since < this.#topModSeq) {
      return this.#state.changedSince(since, end)
    }
    const late = this.#late.changedSince(since, Math.max(0, end - this.#packedSize))
    return Array.from(late, (index) => this.#packedSize + index)
  }

  /** Where a message that came late stands among those; undefined for the others. */
  #lateIndex(index: number): number | undefined {
    if (this.#awake !== undefined || index < this.#packedSize) return undefined
    return index - this.#packedSize
  }

  #isLate(wanted: number): boolean {
    return this.#awake === undefined && wanted > this.#lastUid
  }

  get #state(): MailboxState {
    return this.#awake ?? this.#wake()
  }
}
