import type { OpenMailbox } from '../../open-mailbox.ts'
import { modSeq, uid as toUid } from '../../ids.ts'
import { flagsKey, type FlagsKey, type ModelRow } from './protocol.ts'

/** Flags of one account as keys: spelt once, for a number means the same flags as long as the process lives. */
export type Spelling = Map<number, FlagsKey>

/**
 * A session, and what a client thinks is there that believes all it is told. What it is told must be possible, and lead to
 * what the state holds; what changed since any moment it remembers must be what CHANGEDSINCE tells then (RFC 7162 §3.1.4.1).
 */
export class BelievingSession {
  readonly open: OpenMailbox
  readonly #spelling: Spelling
  readonly #believed: Map<number, FlagsKey>
  #past: { readonly modSeq: number; readonly rows: ReadonlyMap<number, FlagsKey> }
  #told = 0

  /** To be made before anything is awaited after the opening: what the state has then counts as told. */
  constructor(open: OpenMailbox, spelling: Spelling) {
    this.open = open
    this.#spelling = spelling
    this.#believed = new Map(this.rows().map(([uid, flags]) => [uid, flags]))
    this.#past = { modSeq: open.state.highestModSeq, rows: new Map(this.#believed) }
  }

  /** What the state holds. */
  rows(): ModelRow[] {
    return Array.from({ length: this.open.state.size }, (_, i) => this.rowAt(i))
  }

  rowAt(i: number): ModelRow {
    const { state } = this.open
    const flags = this.spell(state.flagsAt(i))
    return [state.uidAt(i), flags, state.modSeqAt(i), state.messageIdAt(i), state.sizeAt(i)]
  }

  spell(flags: number): FlagsKey {
    const known = this.#spelling.get(flags)
    if (known !== undefined) return known
    const key = flagsKey(this.open.flagNames(flags))
    this.#spelling.set(flags, key)
    return key
  }

  /** Hears what is new. */
  listen(keepExpunged: boolean): void {
    for (const change of this.open.changes({ keepExpunged })) {
      if (change.kind === 'expunged') {
        this.#require(this.#believed.delete(change.uid), change.uid, 'is told to be gone unasked')
        this.#require(change.ghost.uid === change.uid, change.uid, 'has the ghost of another')
      } else if (change.kind === 'flags') {
        this.#require(this.#believed.has(change.uid), change.uid, 'changes before it is told')
        this.#believed.set(change.uid, this.spell(change.flags))
      } else {
        for (const uid of change.uids) {
          this.#require(!this.#believed.has(uid), uid, 'comes twice')
          this.#believed.set(uid, this.spell(this.open.row(uid)?.flags ?? 0))
        }
      }
    }
    const told = this.open.toldModSeq
    this.#require(told >= this.#told, told, 'is told, less than before')
    this.#told = told
  }

  /** Compares what was told with the state, right after it was told. Expunges may have been kept back. */
  compare(keepExpunged: boolean): void {
    const rows = this.rows()
    for (const [uid, flags] of rows) {
      const believed = this.#believed.get(uid) ?? 'gone'
      this.#require(believed === flags, uid, `is told as ${believed}, and is ${flags}`)
    }
    if (this.#believed.size !== rows.length) this.#requireGhosts(rows, keepExpunged)
    this.#resynchronise(rows)
  }

  /** The answer to its STORE tells this session; `changes()` does not repeat it. Of what it was not told, that is news still. */
  noteOwn(changed: readonly (readonly [uid: number, flags: FlagsKey])[]): void {
    for (const [uid, flags] of changed) if (this.#believed.has(uid)) this.#believed.set(uid, flags)
  }

  /** What is gone and not told can still be read. */
  #requireGhosts(rows: readonly ModelRow[], keepExpunged: boolean): void {
    const there = new Set(rows.map(([uid]) => uid))
    for (const uid of this.#believed.keys()) {
      if (there.has(uid)) continue
      this.#require(keepExpunged, uid, 'is gone, and nobody told')
      this.#require(this.open.row(toUid(uid))?.isGhost === true, uid, 'is gone without a ghost')
    }
  }

  #resynchronise(rows: readonly ModelRow[]): void {
    const { state } = this.open
    const known = new Map(this.#past.rows)
    for (const i of state.changedSince(modSeq(this.#past.modSeq))) {
      known.set(state.uidAt(i), this.spell(state.flagsAt(i)))
    }
    for (const [uid, flags] of rows) {
      const since = `changed since ${this.#past.modSeq} to ${flags}, and is not told so`
      this.#require(known.get(uid) === flags, uid, since)
    }
    const now = new Map(rows.map(([uid, flags]) => [uid, flags]))
    this.#past = { modSeq: state.highestModSeq, rows: now }
  }

  #require(isTrue: boolean, what: number, problem: string): void {
    if (!isTrue) throw new Error(`mailbox ${this.open.mailbox}: ${what} ${problem}`)
  }
}
