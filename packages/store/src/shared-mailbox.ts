import { faultPoint } from '@posthouse/telemetry/fault-point'
import {
  applyLogRow,
  applyTail,
  flagsIn,
  requireContiguous,
  TailGap,
  type Expunged,
  type TailEffect,
} from './apply-tail.ts'
import { CheckpointSchedule, type CheckpointLimits } from './checkpoint-schedule.ts'
import type { Database } from './database.ts'
import { ExpungeJournal } from './expunge-journal.ts'
import type { AccountId, MailboxId } from './ids.ts'
import type { KeywordDictionary } from './keyword-dictionary.ts'
import { loadState, type LoadedState } from './load-state.ts'
import type { MailboxState } from './mailbox-state.ts'
import { readTail, type LogRow, type MailboxTail } from './mailbox-tail.ts'
import { FlagQueue } from './flag-queue.ts'
import { appendLog, claimRecent, lockHeads, type LogWrite } from './mailbox-writes.ts'
import { packState, RestingState } from './resting-state.ts'
import { StoreUnavailable, whileUnknown } from './unavailable.ts'
import type { Transaction } from './statement.ts'
import { Turnstile } from './turnstile.ts'

/** What a shared mailbox needs to know of a session. */
export interface MailboxListener {
  readonly isReadOnly: boolean
  /** The first expunge block this session was not told. */
  readonly cursor: number
  /** Something changed. Must not throw. */
  wake(): void
  /** \Recent messages [first, end) are this session's. */
  giveRecent(first: number, end: number): void
}

/** A change computed from the state: undefined where nothing is to be written. */
export type Planner = (state: MailboxState) => LogWrite | undefined

/** Thrown inside: the mailbox is not there any more. */
export class MailboxGone extends Error {
  override readonly name: string = 'MailboxGone'
}

/**
 * One mailbox in one process: its state, shared by all sessions, and the one line in which refreshes and writes of this
 * process stand. Nothing else moves the state, so a refresh never finds that its base moved while it ran.
 */
export class SharedMailbox {
  readonly account: AccountId
  readonly mailbox: MailboxId
  readonly keywords: KeywordDictionary
  readonly journal = new ExpungeJournal()
  readonly flags: FlagQueue
  readonly checkpoints: CheckpointSchedule
  readonly #database: Database
  readonly #changed: () => void
  readonly #listeners = new Set<MailboxListener>()
  readonly #turn = new Turnstile()
  #held: MailboxState | RestingState
  /** Counts who took the awake state: whoever packs it sees that it may have moved. */
  #uses = 0
  #isWanted = true
  #nextRefresh: Promise<void> | undefined
  #isGone = false
  /** Messages below this UID are no longer \Recent for anybody new. */
  #recentUid = 0

  /** `changed` tells other processes, after a commit of ours. */
  constructor(
    database: Database,
    keywords: KeywordDictionary,
    account: AccountId,
    mailbox: MailboxId,
    loaded: LoadedState,
    limits: CheckpointLimits,
    changed: () => void,
  ) {
    this.#database = database
    this.keywords = keywords
    this.account = account
    this.mailbox = mailbox
    this.#held = loaded.state
    this.#recentUid = loaded.head.recentUid
    this.#changed = changed
    this.checkpoints = new CheckpointSchedule(database, this, loaded, limits)
    this.flags = new FlagQueue(this)
  }

  /** The state, awake: for whoever changes it, or looks at much of it. */
  get state(): MailboxState {
    this.#uses++
    this.#isWanted = true
    if (this.#held instanceof RestingState) this.#held = this.#held.awakened()
    return this.#held
  }

  /** The state as it is, perhaps at rest: for whoever asks what is new. */
  get view(): MailboxState | RestingState {
    return this.#held
  }

  /** The same, for a session's command: it will ask more. */
  get wantedView(): MailboxState | RestingState {
    this.#isWanted = true
    return this.#held
  }

  get isResting(): boolean {
    return this.#held instanceof RestingState
  }

  /**
   * Packs the state unless somebody wanted it since the last call; `always`: even then. A state that moves meanwhile, or whose
   * checkpoint is under way (it will give up dirty marks), stays awake.
   */
  async rest(always = false): Promise<void> {
    const wasWanted = this.#isWanted
    this.#isWanted = false
    const state = this.#held
    if (state instanceof RestingState || (wasWanted && !always)) return
    const uses = this.#uses
    const isStill = (): boolean => uses === this.#uses && !this.checkpoints.isRunning
    if (!isStill()) return
    const packed = await packState(state, isStill)
    if (packed === undefined || !isStill() || this.#held !== state) return
    this.#held = new RestingState(state, packed, () => this.state)
  }

  /** The mailbox was deleted; what it held can still be read. */
  get isGone(): boolean {
    return this.#isGone
  }

  get sessions(): number {
    return this.#listeners.size
  }

  attach(listener: MailboxListener): void {
    this.#listeners.add(listener)
    // EXAMINE sees what is \Recent and takes it from nobody (RFC 3501 §6.3.2).
    if (listener.isReadOnly) listener.giveRecent(this.#recentUid, this.#held.uidNext)
  }

  detach(listener: MailboxListener): void {
    this.#listeners.delete(listener)
    this.forgetTold()
  }

  /** Drops ghosts that every session was told of. */
  forgetTold(): void {
    let lowest = this.journal.end
    for (const { cursor } of this.#listeners) lowest = Math.min(lowest, cursor)
    this.journal.dropBelow(lowest)
  }

  /** Reads what is newer. Everything committed before the call is in the state afterwards; waiting calls share one read. */
  refresh(): Promise<void> {
    this.#nextRefresh ??= this.#turn.pass(async () => {
      this.#nextRefresh = undefined
      await this.#refreshNow()
    })
    return this.#nextRefresh
  }

  /**
   * Writes one log row, computed by `plan` from the state, and applies it. `plan` runs again when the state was stale, and
   * must depend on nothing else. Gives the written row's modseq; undefined where `plan` found nothing to write.
   */
  write(plan: Planner): Promise<number | undefined> {
    return this.#turn.pass(() => this.#writeNow(plan))
  }

  /**
   * Runs `work` in a transaction with this mailbox and `others` locked, in order, and the state brought up to the lock.
   * `work` gives the log row that it wrote for this mailbox, if any; it is applied after the commit.
   */
  underLock<T>(
    others: readonly MailboxId[],
    work: (tx: Transaction, heads: LockedHeads) => Promise<{ value: T; row?: LogRow }>,
  ): Promise<T> {
    return this.#turn.pass(async () => {
      const { value, row } = await this.#withReload(() => this.#lockAndRun(others, work))
      // A move inside the mailbox made entries too, with lower modseqs: both are seen at once.
      if (others.includes(this.mailbox)) await this.#refreshCommitted()
      else if (row !== undefined) this.#applyOwn(row)
      this.#changed()
      return value
    })
  }

  async #writeNow(plan: Planner): Promise<number | undefined> {
    if (this.#isGone) throw new MailboxGone()
    const before = this.state.position
    const write = plan(this.state)
    if (write === undefined) return undefined
    const written = await this.#tryWrite(before.changeSeq, write)
    if (written === 'lost') return whileUnknown(() => this.#writeAfterLoss(plan))
    if (written === undefined) return this.#writeUnderLock(plan)
    await faultPoint('store.log.written')
    if (written.uidNext === before.uidNext) {
      this.#applyOwn(logRow(write, written.modSeq, before.changeSeq + 1))
    } else {
      // Deliveries came in between: their modseqs are below ours, so neither may be seen alone.
      await this.#refreshBehind(write)
    }
    this.#changed()
    return written.modSeq
  }

  /** Under the lock we see whether the row is there. */
  async #writeAfterLoss(plan: Planner): Promise<number | undefined> {
    await this.#database.settleLostCommits()
    return this.#writeUnderLock(plan)
  }

  /** Undefined: the state was stale. `lost`: the connection was, in the middle, and the row may be there. */
  async #tryWrite(changeSeq: number, write: LogWrite) {
    try {
      return await appendLog(this.#database, this.account, this.mailbox, changeSeq, write)
    } catch (error) {
      if (!(error instanceof StoreUnavailable) || error.outcome !== 'unknown') throw error
      return 'lost'
    }
  }

  async #writeUnderLock(plan: Planner): Promise<number | undefined> {
    const row = await this.#withReload(() =>
      this.#lockAndRun([], async (tx) => {
        const write = plan(this.state)
        if (write === undefined) return { value: undefined }
        const { changeSeq } = this.state
        const written = await appendLog(tx, this.account, this.mailbox, changeSeq, write)
        if (written === undefined) throw new TailGap('the mailbox moved under its lock')
        return { value: logRow(write, written.modSeq, changeSeq + 1) }
      }),
    )
    if (row.value === undefined) return undefined
    this.#applyOwn(row.value)
    this.#changed()
    return row.value.modSeq
  }

  /** The read is sent after the lock was asked for, on the same connection, so it runs after the lock was granted. */
  #lockAndRun<R>(
    others: readonly MailboxId[],
    work: (tx: Transaction, heads: LockedHeads) => Promise<R>,
  ): Promise<R> {
    return this.#database.transact(
      async (tx) => {
        const { position } = this.#held
        const [heads, tail] = await Promise.all([
          lockHeads(tx, this.account, [this.mailbox, ...others]),
          readTail(tx, this.account, this.mailbox, position),
        ])
        if (tail === undefined || !heads.has(this.mailbox)) throw this.#gone()
        // No \Recent claim here: it would wait for our own lock.
        await this.#apply(tail, 'no claim')
        return work(tx, heads)
      },
      { retry: true },
    )
  }

  async #refreshNow(): Promise<void> {
    if (this.#isGone) return
    await this.#withReload(async () => {
      const { account, mailbox } = this
      const tail = await readTail(this.#database, account, mailbox, this.#held.position)
      if (tail === undefined) this.#gone()
      else await this.#apply(tail, 'claim')
    })
  }

  /**
   * Reads a row that was just written, with what came before it. It is committed, so nobody may say that it is not. What was
   * expunged is told later, where it cannot be read yet; flags are told from the state at once, and it would have the old ones.
   */
  #refreshBehind({ kind }: LogWrite): Promise<void> {
    if (kind === 'expunge') return this.#refreshCommitted()
    return whileUnknown(() => this.#refreshNow())
  }

  /** What is committed stands, and is to be acknowledged: where it cannot be read yet, the next refresh reads it. */
  async #refreshCommitted(): Promise<void> {
    try {
      await this.#refreshNow()
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error
    }
  }

  async #apply(tail: MailboxTail, recent: 'claim' | 'no claim'): Promise<void> {
    // Sessions may look at any moment from then on, and would not know how to spell a new keyword.
    await this.keywords.cover(flagsIn(tail))
    const { hasChanges, expunged, touched } = this.#bring(tail)
    this.journal.add(expunged)
    this.checkpoints.note(touched)
    this.#recentUid = Math.max(this.#recentUid, tail.head.recentUid)
    await this.#settle(hasChanges, recent === 'claim')
  }

  /** New messages alone do not wake a state that rests. */
  #bring(tail: MailboxTail): TailEffect {
    const held = this.#held
    if (!(held instanceof RestingState) || tail.log.length > 0) return applyTail(this.state, tail)
    requireContiguous(held.position, tail)
    held.append(tail.entries, tail.head, tail.head.uidValidity)
    return { hasChanges: tail.entries.uids.length > 0, expunged: [], touched: 0 }
  }

  /** Keywords are known and \Recent is claimed before any session looks. */
  async #settle(hasChanges: boolean, mayClaim: boolean): Promise<void> {
    await this.keywords.cover(this.#held.flagUnion)
    if (mayClaim) await this.#claimRecent()
    if (hasChanges) this.#wake()
  }

  /** Gives the \Recent messages there are to the first session that may have them. */
  claimRecent(): Promise<void> {
    return this.#turn.pass(() => this.#claimRecent())
  }

  async #claimRecent(): Promise<void> {
    const taker = [...this.#listeners].find((listener) => !listener.isReadOnly)
    if (taker === undefined || this.#recentUid >= this.#held.uidNext) return
    const claimed = await claimRecent(this.#database, this.account, this.mailbox)
    if (claimed !== undefined) taker.giveRecent(claimed.first, claimed.end)
    this.#recentUid = Math.max(this.#held.uidNext, claimed?.end ?? 0)
  }

  #applyOwn(row: LogRow): void {
    const { expunged, touched } = applyLogRow(this.state, row)
    this.journal.add(expunged)
    this.checkpoints.note(touched)
    this.state.advance({ ...row, uidNext: 0 })
    this.#wake()
  }

  #wake(): void {
    this.checkpoints.writeSoon()
    this.forgetTold()
    for (const listener of this.#listeners) listener.wake()
  }

  #gone(): MailboxGone {
    this.#isGone = true
    for (const listener of this.#listeners) listener.wake()
    return new MailboxGone()
  }

  /** Where the log does not join on, the mailbox is opened anew, once. */
  async #withReload<R>(work: () => Promise<R>): Promise<R> {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof TailGap)) throw error
      await this.#reload()
      return work()
    }
  }

  /** Replaces the state. What the old one had and the new one has not becomes ghosts. */
  async #reload(): Promise<void> {
    const loaded = await loadState(this.#database, this.account, this.mailbox)
    if (loaded === undefined) throw this.#gone()
    const { state, head } = loaded
    this.checkpoints.restart(loaded)
    this.journal.add(lost(this.state, state))
    this.#held = state
    this.#recentUid = Math.max(this.#recentUid, head.recentUid)
    await this.#settle(true, true)
  }
}

/** The locked heads of one account, by mailbox; those that are gone are missing. */
export type LockedHeads = Awaited<ReturnType<typeof lockHeads>>

function logRow(write: LogWrite, modSeq: number, changeSeq: number): LogRow {
  return { modSeq, changeSeq, n: write.commands, kind: write.kind, payload: write.payload }
}

function lost(before: MailboxState, after: MailboxState): readonly Expunged[] {
  const missing = Uint32Array.from({ length: before.size }, (_, i) => i).filter(
    (i) => after.indexOf(before.uidAt(i)) === -1,
  )
  if (missing.length === 0) return []
  return [{ modSeq: after.highestModSeq, rows: before.pick(missing) }]
}
