import { deletedBit, seenBit } from './flags.ts'
import { changeFlags } from './keyword-sets.ts'
import type { ExpungeRecord, FlagCommand } from './log-payload.ts'
import { messageId, modSeq, uid } from './ids.ts'
import type { MessageId, ModSeq, Uid } from './ids.ts'
import type { MailboxView } from './mailbox-view.ts'
import { sumOf } from './page-codec.ts'
import { pageNumber } from './page-layout.ts'

/** Messages as columns, by ascending UID. */
export interface MessageColumns {
  readonly uids: Uint32Array
  /** Flag words with the number of a set of further keywords above them (keyword-sets.ts). */
  readonly flags: Float64Array
  readonly modSeqs: Float64Array
  readonly messageIds: Float64Array
  readonly sizes: Uint32Array
  /** Seconds since 1970. */
  readonly received: Float64Array
}

/** The place in a mailbox's history that a state stands at. */
export interface StatePosition {
  readonly modSeq: number
  readonly changeSeq: number
  readonly uidNext: number
}

/**
 * A mailbox in memory: pure, no I/O. Holds what Postgres had at `position`; entries and log rows that come later are
 * applied in the order that STORE.md gives: entries first, then log rows.
 */
export class MailboxState implements MailboxView {
  #uidValidity: number
  #size = 0
  #uids: Uint32Array
  #flags: Float64Array
  #modSeqs: Float64Array
  #messageIds: Float64Array
  #sizes: Uint32Array
  #received: Float64Array
  #uidNext = 1
  #modSeq = 0
  #changeSeq = 0
  #unseen = 0
  #deleted = 0
  #bytes = 0
  #flagUnion = 0
  /** Numbers of the pages that differ from the checkpoint this state knows of. */
  #dirty = new Set<number>()

  constructor(uidValidity: number, capacity = 16) {
    this.#uidValidity = uidValidity
    this.#uids = new Uint32Array(capacity)
    this.#flags = new Float64Array(capacity)
    this.#modSeqs = new Float64Array(capacity)
    this.#messageIds = new Float64Array(capacity)
    this.#sizes = new Uint32Array(capacity)
    this.#received = new Float64Array(capacity)
  }

  get uidValidity(): number {
    return this.#uidValidity
  }
  get size(): number {
    return this.#size
  }
  get uidNext(): Uid {
    return uid(this.#uidNext)
  }
  get highestModSeq(): ModSeq {
    return modSeq(this.#modSeq)
  }
  get changeSeq(): number {
    return this.#changeSeq
  }
  get unseen(): number {
    return this.#unseen
  }
  get deleted(): number {
    return this.#deleted
  }
  get bytes(): number {
    return this.#bytes
  }
  /** Octets of its columns, those in reserve included. */
  get heldBytes(): number {
    return this.#columns().reduce((sum, { byteLength }) => sum + byteLength, 0)
  }
  /** Every flag that any message had since this state was made. */
  get flagUnion(): number {
    return this.#flagUnion
  }
  get position(): StatePosition {
    return { modSeq: this.#modSeq, changeSeq: this.#changeSeq, uidNext: this.#uidNext }
  }

  uidAt(index: number): Uid {
    return uid(this.#uids[this.#within(index)] ?? 0)
  }
  flagsAt(index: number): number {
    return this.#flags[this.#within(index)] ?? 0
  }
  modSeqAt(index: number): ModSeq {
    return modSeq(this.#modSeqs[this.#within(index)] ?? 0)
  }
  messageIdAt(index: number): MessageId {
    return messageId(this.#messageIds[this.#within(index)] ?? 0)
  }
  sizeAt(index: number): number {
    return this.#sizes[this.#within(index)] ?? 0
  }
  receivedAt(index: number): number {
    return this.#received[this.#within(index)] ?? 0
  }

  indexOf(wanted: Uid): number {
    const index = this.lowerBound(wanted)
    return index < this.#size && this.#uids[index] === wanted ? index : -1
  }

  lowerBound(wanted: number): number {
    return lowerBound(this.#uids, wanted, this.#size)
  }

  /** The present indexes of those of `uids` (ascending) that exist. */
  indexesOf(uids: Uint32Array): Uint32Array {
    const known = this.#uids
    const size = this.#size
    const found = new Uint32Array(Math.min(uids.length, size))
    let count = 0
    let next = 0
    for (let i = 0; i < uids.length && next < size; i++) {
      const wanted = uids[i] ?? 0
      // Most sets are dense: the next UID is usually the next message.
      if (known[next] !== wanted) next = lowerBound(known, wanted, size, next)
      if (next < size && known[next] === wanted) found[count++] = next++
    }
    return found.subarray(0, count)
  }

  /** The indexes of messages changed after this modseq, below index `end` (RFC 7162 CHANGEDSINCE). */
  changedSince(since: number, end = this.#size): number[] {
    const found: number[] = []
    const modSeqs = this.#modSeqs
    for (let i = 0; i < end; i++) if ((modSeqs[i] ?? 0) > since) found.push(i)
    return found
  }

  /** A copy of the rows at these ascending indexes. */
  pick(indexes: Uint32Array): MessageColumns {
    const { length } = indexes
    return {
      uids: gathered(this.#uids, indexes, new Uint32Array(length)),
      flags: gathered(this.#flags, indexes, new Float64Array(length)),
      modSeqs: gathered(this.#modSeqs, indexes, new Float64Array(length)),
      messageIds: gathered(this.#messageIds, indexes, new Float64Array(length)),
      sizes: gathered(this.#sizes, indexes, new Uint32Array(length)),
      received: gathered(this.#received, indexes, new Float64Array(length)),
    }
  }

  /** A copy of the rows from index `start` up to `end`. */
  slice(start = 0, end = this.#size): MessageColumns {
    return {
      uids: this.#uids.slice(start, end),
      flags: this.#flags.slice(start, end),
      modSeqs: this.#modSeqs.slice(start, end),
      messageIds: this.#messageIds.slice(start, end),
      sizes: this.#sizes.slice(start, end),
      received: this.#received.slice(start, end),
    }
  }

  /** A checksum over all messages (`sumOf`). */
  sum(): number {
    return sumOf(this.slice())
  }

  /** The pages that changed since they were last taken; they are forgotten here. */
  takeDirty(): ReadonlySet<number> {
    const taken = this.#dirty
    this.#dirty = new Set()
    return taken
  }

  /** Puts taken marks back: their checkpoint failed, or its outcome is unknown. A superset is always right. */
  putBackDirty(pages: Iterable<number>): void {
    for (const page of pages) this.#dirty.add(page)
  }

  /** Adds messages of a checkpoint's page. */
  appendPage(rows: MessageColumns): void {
    this.#append(rows)
  }

  /** Adds messages; their UIDs ascend and lie above all that are here. */
  append(rows: MessageColumns): void {
    this.#append(rows)
    this.#mark(rows.uids)
  }

  #append(rows: MessageColumns): void {
    const count = rows.uids.length
    if (count === 0) return
    const last = this.#size > 0 ? (this.#uids[this.#size - 1] ?? 0) : 0
    if ((rows.uids[0] ?? 0) <= last) throw new RangeError('entries out of order')
    this.#reserve(this.#size + count)
    this.#uids.set(rows.uids, this.#size)
    this.#flags.set(rows.flags, this.#size)
    this.#modSeqs.set(rows.modSeqs, this.#size)
    this.#messageIds.set(rows.messageIds, this.#size)
    this.#sizes.set(rows.sizes, this.#size)
    this.#received.set(rows.received, this.#size)
    this.#size += count
    this.#countAll(rows)
    this.#uidNext = Math.max(this.#uidNext, (rows.uids[count - 1] ?? 0) + 1)
  }

  /** Applies one command. UIDs that are gone are passed over. */
  applyFlags({ remove, add, uids }: FlagCommand, at: number): void {
    this.#flagUnion = changeFlags(this.#flagUnion, 0, add)
    let page = -1
    // Most commands change neighbours that have the same flags.
    let last = -1
    let changed = -1
    for (const index of this.indexesOf(uids)) {
      const before = this.#flags[index] ?? 0
      if (before !== last) {
        last = before
        changed = changeFlags(before, remove, add)
      }
      this.#flags[index] = changed
      // An entry may be newer than a log row that an earlier statement already told.
      if ((this.#modSeqs[index] ?? 0) < at) this.#modSeqs[index] = at
      this.#unseen += (before & seenBit) - (changed & seenBit)
      this.#deleted += ((changed & deletedBit) - (before & deletedBit)) / deletedBit
      const here = pageNumber(this.#uids[index] ?? 0)
      if (here === page) continue
      page = here
      this.#dirty.add(page)
    }
  }

  /** Takes messages out; gives their rows as they were last (ghosts). */
  applyExpunge(record: Pick<ExpungeRecord, 'uids'>): MessageColumns {
    const indexes = this.indexesOf(record.uids)
    const ghosts = this.pick(indexes)
    for (let i = 0; i < indexes.length; i++) {
      this.#count(ghosts.flags[i] ?? 0, ghosts.sizes[i] ?? 0, -1)
    }
    this.#mark(ghosts.uids)
    this.#remove(indexes)
    return ghosts
  }

  /** A renamed mailbox may have got another UIDVALIDITY. */
  setUidValidity(value: number): void {
    this.#uidValidity = value
  }

  /** Moves the position forward, after everything up to it was applied. */
  advance(to: StatePosition): void {
    this.#modSeq = Math.max(this.#modSeq, to.modSeq)
    this.#changeSeq = Math.max(this.#changeSeq, to.changeSeq)
    this.#uidNext = Math.max(this.#uidNext, to.uidNext)
  }

  #mark(uids: Uint32Array): void {
    let last = -1
    for (const one of uids) {
      const page = pageNumber(one)
      if (page !== last) this.#dirty.add(page)
      last = page
    }
  }

  /** In one go, because an opening counts a million. */
  #countAll({ flags, sizes }: MessageColumns): void {
    let unseen = 0
    let deleted = 0
    let bytes = 0
    let last = -1
    for (let i = 0; i < flags.length; i++) {
      const word = flags[i] ?? 0
      if ((word & seenBit) === 0) unseen++
      if ((word & deletedBit) !== 0) deleted++
      bytes += sizes[i] ?? 0
      // Neighbours mostly have the same flags.
      if (word !== last) this.#flagUnion = changeFlags(this.#flagUnion, 0, word)
      last = word
    }
    this.#unseen += unseen
    this.#deleted += deleted
    this.#bytes += bytes
  }

  #count(flags: number, size: number, sign: 1 | -1): void {
    if ((flags & seenBit) === 0) this.#unseen += sign
    if ((flags & deletedBit) !== 0) this.#deleted += sign
    this.#bytes += sign * size
    this.#flagUnion = changeFlags(this.#flagUnion, 0, flags)
  }

  /** Closes the gaps that the removed indexes (ascending) leave, one block move per run of survivors. */
  #remove(indexes: Uint32Array): void {
    const first = indexes[0]
    if (first === undefined) return
    let to = first
    for (let i = 0; i < indexes.length; i++) {
      const from = (indexes[i] ?? 0) + 1
      const end = indexes[i + 1] ?? this.#size
      if (from >= end) continue
      for (const column of this.#columns()) column.copyWithin(to, from, end)
      to += end - from
    }
    this.#size = to
  }

  #columns(): readonly (Uint32Array | Float64Array)[] {
    return [this.#uids, this.#flags, this.#modSeqs, this.#messageIds, this.#sizes, this.#received]
  }

  #reserve(needed: number): void {
    if (needed <= this.#uids.length) return
    const capacity = Math.max(needed, Math.ceil(this.#uids.length * 1.5))
    this.#uids = grown(this.#uids, new Uint32Array(capacity))
    this.#flags = grown(this.#flags, new Float64Array(capacity))
    this.#modSeqs = grown(this.#modSeqs, new Float64Array(capacity))
    this.#messageIds = grown(this.#messageIds, new Float64Array(capacity))
    this.#sizes = grown(this.#sizes, new Uint32Array(capacity))
    this.#received = grown(this.#received, new Float64Array(capacity))
  }

  #within(index: number): number {
    if (index < 0 || index >= this.#size) throw new RangeError(`no message at index ${index}`)
    return index
  }
}

/** The first index in the ascending `uids[from, end)` whose UID is not below `wanted`; `end` where there is none. */
export function lowerBound(uids: Uint32Array, wanted: number, end: number, from = 0): number {
  let low = from
  let high = end
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((uids[middle] ?? 0) < wanted) low = middle + 1
    else high = middle
  }
  return low
}

function grown<Column extends Uint32Array | Float64Array>(from: Column, to: Column): Column {
  to.set(from)
  return to
}

function gathered<Column extends Uint32Array | Float64Array>(
  from: Column,
  indexes: Uint32Array,
  to: Column,
): Column {
  for (let i = 0; i < indexes.length; i++) to[i] = from[indexes[i] ?? 0] ?? 0
  return to
}
