import { formatFlags, formatUntaggedStatus } from '@posthouse/imap-wire'
import { uid as asUid, type Change, type OpenMailbox, type Uid } from '@posthouse/store'
import { Octets } from '../session/octets.ts'
import { FlagTexts } from './flag-texts.ts'
import { SequenceNumbers } from './sequence-numbers.ts'

/**
 * A mailbox as one client sees it: the store's open mailbox, and beside it what this client has
 * been told. Exists only in the selected state (RFC 3501 §3.3).
 */
export class SelectedMailbox {
  readonly open: OpenMailbox
  readonly name: string
  readonly numbers = new SequenceNumbers()
  readonly flags: FlagTexts
  #recent = 0
  #keywordsTold = 0
  #listener: () => void = () => undefined

  constructor(open: OpenMailbox, name: string) {
    this.open = open
    this.name = name
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

  get isReadOnly(): boolean {
    return this.open.isReadOnly
  }

  /** Messages that carry \Recent in this session (RFC 3501 §2.3.2). */
  get recent(): number {
    return this.#recent
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
    if (changes.length === 0) return out.take()
    this.#tellKeywords(out)
    const gone: Uid[] = []
    let arrived = false
    for (const change of changes) {
      if (change.kind === 'expunged') gone.push(change.uid)
      else if (change.kind === 'new') arrived = this.#arrive(change.uids) || arrived
    }
    out.octets(this.forget(gone))
    this.#tellFlags(changes, out)
    if (arrived) this.#tellSize(out)
    return out.take()
  }

  /** Takes messages out of the client's view: the EXPUNGE responses, in order. */
  forget(uids: readonly Uid[]): Buffer {
    const out = new Octets(64 + uids.length * 16)
    if (uids.length === 0) return out.take()
    const ascending = Uint32Array.from(uids).toSorted()
    if (this.#recent > 0) {
      for (const uid of ascending) if (this.#isKnownRecent(asUid(uid))) this.#recent -= 1
    }
    for (const number of this.numbers.forget(ascending)) {
      out.ascii('* ').uint(number).ascii(' EXPUNGE\r\n')
    }
    return out.take()
  }

  /** `FLAGS` and `PERMANENTFLAGS` when keywords have come up that the client does not know (RFC 3501 §7.2.6). */
  newKeywords(): Buffer {
    const out = new Octets(64)
    this.#tellKeywords(out)
    return out.take()
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
      if (open.isRecent(uid)) this.#recent += 1
    }
    this.numbers.append(uids)
  }

  #arrive(uids: readonly Uid[]): boolean {
    const before = this.numbers.size
    const known = this.numbers.lastUid
    this.numbers.append(uids)
    for (const uid of uids) if (uid > known && this.open.isRecent(uid)) this.#recent += 1
    return this.numbers.size > before
  }

  #isKnownRecent(uid: Uid): boolean {
    return this.numbers.seqOf(uid) !== 0 && this.open.isRecent(uid)
  }

  #tellKeywords(out: Octets): void {
    if (this.open.keywords.length === this.#keywordsTold) return
    this.#keywordsTold = this.open.keywords.length
    const code = { code: 'PERMANENTFLAGS', flags: this.flags.permanent() } as const
    out.octets(formatFlags(this.flags.applicable()))
    out.octets(formatUntaggedStatus('OK', 'There are new keywords', code))
  }

  #tellFlags(changes: readonly Change[], out: Octets): void {
    for (const change of changes) {
      if (change.kind !== 'flags') continue
      const seq = this.numbers.seqOf(change.uid)
      if (seq === 0) continue
      out.ascii('* ').uint(seq).ascii(' FETCH (FLAGS ')
      out.ascii(this.flags.list(change.flags, this.open.isRecent(change.uid))).ascii(')\r\n')
    }
  }

  #tellSize(out: Octets): void {
    out.ascii('* ').uint(this.numbers.size).ascii(' EXISTS\r\n')
    out.ascii('* ').uint(this.#recent).ascii(' RECENT\r\n')
  }
}
