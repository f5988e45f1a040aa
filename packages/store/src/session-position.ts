import { indexIn } from './expunge-journal.ts'
import type { Expunged } from './apply-tail.ts'
import type { MessageColumns } from './mailbox-state.ts'
import type { Change, MessageRow, RecentRange } from './open-mailbox.ts'
import { messageId, modSeq, uid, type Uid } from './ids.ts'
import type { MailboxListener, SharedMailbox } from './shared-mailbox.ts'

/**
 * What one session was told of a mailbox, and what it was not told yet. All it keeps is a position: new messages are those
 * at or above the told UIDNEXT, changed flags those above the told modseq, expunges those after its cursor in the journal.
 */
export class SessionPosition implements MailboxListener {
  readonly isReadOnly: boolean
  readonly #shared: SharedMailbox
  readonly #listeners: (() => void)[] = []
  readonly #recent: RecentRange[] = []
  /** Told UIDs that are gone, which this session must not hear of yet. */
  #held: Expunged[] = []
  #cursor: number
  #toldUidNext: number
  #toldModSeq: number
  /** Modseqs of this session's own commands above the told one: their changes were answered already. */
  #own = new Set<number>()

  /** Begins with everything told that the state has now. */
  constructor(shared: SharedMailbox, isReadOnly: boolean) {
    this.#shared = shared
    this.isReadOnly = isReadOnly
    this.#cursor = shared.journal.end
    this.#toldUidNext = shared.view.uidNext
    this.#toldModSeq = shared.view.highestModSeq
  }

  /** Counts everything as told that the state has now. */
  begin(): void {
    const { view: state, journal } = this.#shared
    this.#held = []
    this.#cursor = journal.end
    this.#toldUidNext = state.uidNext
    this.#toldModSeq = state.highestModSeq
  }

  get cursor(): number {
    return this.#cursor
  }

  /** Everything up to here was told: short of the first expunge that is kept back. */
  get told(): number {
    const [first] = this.#held
    return first === undefined ? this.#toldModSeq : Math.min(this.#toldModSeq, first.modSeq - 1)
  }

  onChange(listener: () => void): void {
    this.#listeners.push(listener)
  }

  wake(): void {
    for (const listener of this.#listeners) listener()
  }

  giveRecent(first: number, end: number): void {
    // Others may have claimed beyond what this process has read.
    if (first >= end) return
    // A session that is alone takes what comes piece by piece, for days.
    const last = this.#recent.at(-1)
    if (last?.end === first) this.#recent.splice(-1, 1, { first: last.first, end })
    else this.#recent.push({ first, end })
  }

  get recentRanges(): readonly RecentRange[] {
    return this.#recent
  }

  isRecent(wanted: Uid): boolean {
    return this.#recent.some(({ first, end }) => wanted >= first && wanted < end)
  }

  /** This session's command with this modseq answers for its changes itself. */
  addOwn(at: number): void {
    this.#own.add(at)
  }

  /** Moves the position to the state's, except what has to be kept back. */
  changes(keepExpunged: boolean): readonly Change[] {
    const { view: state, journal } = this.#shared
    this.#hold(journal.since(this.#cursor))
    this.#cursor = journal.end
    const changes = [
      ...(keepExpunged ? [] : this.#tellExpunged()),
      ...this.#flagChanges(),
      ...this.#newMessages(),
    ]
    this.#toldUidNext = state.uidNext
    this.#toldModSeq = state.highestModSeq
    this.#own = new Set()
    this.#shared.forgetTold()
    return changes
  }

  /** The ghost of a message this session was not told to be gone. */
  ghost(wanted: Uid): MessageRow | undefined {
    for (const { rows } of [...this.#held, ...this.#shared.journal.since(this.#cursor)]) {
      const index = indexIn(rows, wanted)
      if (index !== -1) return ghostAt(rows, index)
    }
    return undefined
  }

  /** A message that came and went unseen is nothing to tell. */
  #hold(blocks: readonly Expunged[]): void {
    for (const { modSeq: at, rows } of blocks) {
      const told = rows.uids.findLastIndex((gone) => gone < this.#toldUidNext) + 1
      if (told === rows.uids.length) this.#held.push({ modSeq: at, rows })
      else if (told > 0) this.#held.push({ modSeq: at, rows: head(rows, told) })
    }
  }

  #tellExpunged(): readonly Change[] {
    const told = this.#held.flatMap(({ rows }) =>
      Array.from(rows.uids, (gone, i): Change => {
        return { kind: 'expunged', uid: uid(gone), ghost: ghostAt(rows, i) }
      }),
    )
    this.#held = []
    return told
  }

  #flagChanges(): readonly Change[] {
    const { view: state } = this.#shared
    if (state.highestModSeq <= this.#toldModSeq) return []
    const changes: Change[] = []
    for (const index of state.changedSince(this.#toldModSeq, state.lowerBound(this.#toldUidNext))) {
      const at = state.modSeqAt(index)
      if (this.#own.has(at)) continue
      const flags = state.flagsAt(index)
      changes.push({ kind: 'flags', uid: state.uidAt(index), flags, modSeq: at })
    }
    return changes
  }

  #newMessages(): readonly Change[] {
    const { view: state } = this.#shared
    const first = state.lowerBound(this.#toldUidNext)
    if (first === state.size) return []
    const uids = Array.from({ length: state.size - first }, (_, i) => state.uidAt(first + i))
    return [{ kind: 'new', uids }]
  }
}

function head(rows: MessageColumns, count: number): MessageColumns {
  return {
    uids: rows.uids.subarray(0, count),
    flags: rows.flags.subarray(0, count),
    modSeqs: rows.modSeqs.subarray(0, count),
    messageIds: rows.messageIds.subarray(0, count),
    sizes: rows.sizes.subarray(0, count),
    received: rows.received.subarray(0, count),
  }
}

function ghostAt(rows: MessageColumns, index: number): MessageRow {
  return {
    uid: uid(rows.uids[index] ?? 0),
    flags: rows.flags[index] ?? 0,
    modSeq: modSeq(rows.modSeqs[index] ?? 0),
    messageId: messageId(rows.messageIds[index] ?? 0),
    size: rows.sizes[index] ?? 0,
    received: rows.received[index] ?? 0,
    isGhost: true,
  }
}
