import {
  formatFlags,
  formatUntaggedStatus,
  formatVanished,
  type Interval,
  intervalsOf,
  type ResponseCode,
  type SequenceSet,
} from '@posthouse/imap-wire'
import {
  type Change,
  type ModSeq,
  type OpenMailbox,
  StoreUnavailable,
  type Uid,
} from '@posthouse/store'
import { limits } from '../limits.ts'
import { Octets } from '../session/octets.ts'
import { FlagTexts } from './flag-texts.ts'
import { SequenceNumbers } from './sequence-numbers.ts'

/** What a FETCH response tells without having been asked. */
export interface ToldFlags {
  readonly seq: number
  readonly uid: Uid
  /** Undefined: not told (`.SILENT`). */
  readonly flags: number | undefined
  readonly modSeq: ModSeq
  readonly tellsUid: boolean
}

/**
 * A mailbox as one client sees it: the store's open mailbox, and beside it what this client has
 * been told. Exists only in the selected state (RFC 3501 §3.3).
 */
export class SelectedMailbox {
  readonly open: OpenMailbox
  readonly name: string
  readonly numbers = new SequenceNumbers()
  readonly flags: FlagTexts
  /** The UIDs that `$` stands for (RFC 5182 §2.1). Those that are gone since mean nothing. */
  saved: readonly Interval[] = []
  readonly #enabled: ReadonlySet<string>
  #isAware: boolean
  #keywordsTold = 0
  #listener: () => void = () => undefined

  /** `enabled`: what the connection has turned on, now and later. */
  constructor(open: OpenMailbox, name: string, enabled: ReadonlySet<string>) {
    this.open = open
    this.name = name
    this.#enabled = enabled
    this.#isAware = this.tellsModSeqs
    this.flags = new FlagTexts(open)
    // Whatever came since it was opened is in the state that is counted here.
    open.changes()
    this.#count(open)
    this.#keywordsTold = open.keywords.length
    open.onChange(() => this.#listener())
  }

  /** Calls this listener, and no other any more, when there may be news. */
  onChange(listener: () => void): void {
    this.#listener = listener
  }

  /** The client is CONDSTORE-aware: mod-sequences and UIDs are told with flags (RFC 7162 §3.1, §3.2.4). */
  get tellsModSeqs(): boolean {
    return this.#enabled.has('CONDSTORE')
  }

  /** Expunges are told by UID (RFC 7162 §3.2.10.2). */
  get tellsVanished(): boolean {
    return this.#enabled.has('QRESYNC')
  }

  /** For the tagged answer of what expunges: HIGHESTMODSEQ, once everything was told (RFC 7162 §3.2.7). */
  toldModSeqCode(): ResponseCode | undefined {
    if (!this.tellsVanished) return undefined
    return { code: 'HIGHESTMODSEQ', value: this.open.toldModSeq }
  }

  /** Keeps these UIDs, ascending, for `$`. False: they are too scattered, and it stands for nothing (RFC 5182 §2.5). */
  save(uids: Iterable<number>): boolean {
    const intervals = intervalsOf(uids)
    const fits = intervals.length <= limits.savedRanges
    this.saved = fits ? intervals : []
    return fits
  }

  /** The sequence numbers that `$` stands for, where a set has it. */
  savedNumbers(set: SequenceSet): readonly Interval[] {
    if (!set.includes('$')) return []
    return this.saved.flatMap(({ first, last }) => {
      const from = this.numbers.countBelow(first) + 1
      const to = this.numbers.countBelow(last + 1)
      return from <= to ? [{ first: from, last: to }] : []
    })
  }

  /** Reads what a commit of ours made. It stands, and is acknowledged, where it cannot be read yet: then it is told later. */
  async catchUp(): Promise<void> {
    try {
      await this.open.refresh()
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error
    }
  }

  get isReadOnly(): boolean {
    return this.open.isReadOnly
  }

  /** Messages that carry \Recent in this session (RFC 3501 §2.3.2). */
  get recent(): number {
    let count = 0
    for (const { first, end } of this.open.recentRanges)
      count += this.numbers.countBelow(end) - this.numbers.countBelow(first)
    return count
  }

  /** The sequence number of the first message without \Seen, 0 when all have it. */
  firstUnseen(): number {
    const { state } = this.open
    if (state.unseen === 0) return 0
    for (let i = 0; i < state.size; i += 1) {
      if ((state.flagsAt(i) & 1) === 0) return this.numbers.seqOf(state.uidAt(i))
    }
    return 0
  }

  /**
   * Everything the client has not been told, as untagged responses. Expunges are held back where
   * the command at work was given sequence numbers (RFC 3501 §7.4.1).
   */
  news(options: { readonly mayExpunge: boolean }): Buffer {
    const out = new Octets(256)
    const changes = this.open.changes({ keepExpunged: !options.mayExpunge })
    if (changes.length > 0) this.#tell(changes, out)
    this.#tellModSeq(out)
    return out.take()
  }

  #tell(changes: readonly Change[], out: Octets): void {
    this.tellKeywords(out)
    const gone: Uid[] = []
    let arrived = false
    for (const change of changes) {
      if (change.kind === 'expunged') gone.push(change.uid)
      else if (change.kind === 'new') arrived = this.#arrive(change.uids) || arrived
    }
    this.#forget(gone, out)
    this.#tellFlags(changes, out)
    if (arrived) this.#tellSize(out)
  }

  /** Takes messages out of the client's view: the EXPUNGE responses, in order, or VANISHED. */
  #forget(uids: readonly Uid[], out: Octets): void {
    if (uids.length === 0) return
    const known = Uint32Array.from(uids)
      .toSorted()
      .filter((uid) => this.numbers.seqOf(uid) > 0)
    const numbers = this.numbers.forget(known)
    if (this.tellsVanished) out.octets(formatVanished(intervalsOf(known), false))
    else for (const number of numbers) out.ascii('* ').uint(number).ascii(' EXPUNGE\r\n')
  }

  /**
   * HIGHESTMODSEQ, to a client that has just become aware of mod-sequences, so that it knows what its view
   * corresponds to; and where an expunge is kept back, lest it take a higher one from FETCH and miss
   * the expunge when the connection breaks (RFC 7162 §3.2: no change may be lost).
   */
  #tellModSeq(out: Octets): void {
    if (!this.tellsModSeqs) return
    const { toldModSeq, state } = this.open
    const isNew = !this.#isAware
    this.#isAware = true
    if (!isNew && toldModSeq >= state.highestModSeq) return
    const code = { code: 'HIGHESTMODSEQ', value: toldModSeq } as const
    out.octets(formatUntaggedStatus('OK', 'You know of everything up to here', code))
  }

  /**
   * `FLAGS` and `PERMANENTFLAGS` when keywords have come up that the client does not know (RFC 3501 §7.2.6): to be called
   * before every response that spells flags, in the turn in which they are looked at.
   */
  tellKeywords(out: Octets): void {
    if (this.open.keywords.length === this.#keywordsTold) return
    this.#keywordsTold = this.open.keywords.length
    const code = { code: 'PERMANENTFLAGS', flags: this.flags.permanent() } as const
    out.octets(formatFlags(this.flags.applicable()))
    out.octets(formatUntaggedStatus('OK', 'There are new keywords', code))
  }

  /** The same, where no response need follow. */
  newKeywords(): Buffer {
    const out = new Octets(64)
    this.tellKeywords(out)
    return out.take()
  }

  /** A FETCH response that tells flags; to a client that is aware of them, UID and mod-sequence too (RFC 7162 §3.2.4). */
  writeFlags(out: Octets, { seq, uid, flags, modSeq, tellsUid }: ToldFlags): void {
    out.ascii('* ').uint(seq).ascii(' FETCH (')
    if (tellsUid) out.ascii('UID ').uint(uid)
    if (flags !== undefined) {
      out.ascii(tellsUid ? ' FLAGS ' : 'FLAGS ')
      out.octets(this.flags.list(flags, this.open.isRecent(uid)))
    }
    if (this.tellsModSeqs) out.ascii(' MODSEQ (').uint(modSeq).ascii(')')
    out.ascii(')\r\n')
  }

  /** Lets go of the store's part. */
  close(): void {
    this.open.close()
  }

  #count(open: OpenMailbox): void {
    const { state } = open
    const uids = new Uint32Array(state.size)
    for (let i = 0; i < uids.length; i += 1) {
      const uid = state.uidAt(i)
      uids[i] = uid
    }
    this.numbers.append(uids)
  }

  #arrive(uids: readonly Uid[]): boolean {
    const before = this.numbers.size
    this.numbers.append(uids)
    return this.numbers.size > before
  }

  #tellFlags(changes: readonly Change[], out: Octets): void {
    for (const change of changes) {
      if (change.kind !== 'flags') continue
      const seq = this.numbers.seqOf(change.uid)
      if (seq === 0) continue
      const { uid, flags, modSeq } = change
      this.writeFlags(out, { seq, uid, flags, modSeq, tellsUid: this.tellsModSeqs })
    }
  }

  #tellSize(out: Octets): void {
    out.ascii('* ').uint(this.numbers.size).ascii(' EXISTS\r\n')
    out.ascii('* ').uint(this.recent).ascii(' RECENT\r\n')
  }
}
