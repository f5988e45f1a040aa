import { checkpoint } from './checkpoint.ts'
import type { Database } from './database.ts'
import type { AccountId, MailboxId } from './ids.ts'
import type { LoadedState } from './load-state.ts'
import type { MailboxState, StatePosition } from './mailbox-state.ts'

/** When a mailbox in use writes a checkpoint: after this many rows of its log, or entries, or messages that rows name. */
export interface CheckpointLimits {
  readonly checkpointRows: number
  readonly checkpointEntries: number
  /** Or sixteen times all messages of the mailbox, if that is more. */
  readonly checkpointTouched: number
}

/**
 * A tail of 512 rows adds 1.4 ms to an opening; more is worth a checkpoint (2 ms). A message that a row names adds 18 to 76 ns
 * (docs/store.md): a quarter of a million adds 5 to 20 ms.
 */
export const checkpointLimits: CheckpointLimits = {
  checkpointRows: 512,
  checkpointEntries: 1024,
  checkpointTouched: 262_144,
}

/** A checkpoint of all pages costs a message about as much as naming it four to fourteen times. */
const timesAll = 16

const retryMs = 10_000

/** Whose checkpoints they are. */
export interface CheckpointSubject {
  readonly account: AccountId
  readonly mailbox: MailboxId
  readonly isGone: boolean
  /** Where the state stands; asking does not wake it. */
  readonly view: { readonly position: StatePosition; readonly size: number }
  /** The state, awake. */
  readonly state: MailboxState
}

/** From where a schedule counts. */
export type CheckpointStart = Pick<LoadedState, 'base' | 'touched'>

/** When one mailbox of this process is due for a checkpoint, and the one that is under way. */
export class CheckpointSchedule {
  readonly #database: Database
  readonly #subject: CheckpointSubject
  readonly #limits: CheckpointLimits
  /** Where the checkpoint stands, as far as this process knows: perhaps further. */
  #base: StatePosition
  /** Messages that rows behind it named. */
  #touched: number
  #running: Promise<void> | undefined
  #next = 0

  constructor(
    database: Database,
    subject: CheckpointSubject,
    { base, touched }: CheckpointStart,
    limits: CheckpointLimits,
  ) {
    this.#database = database
    this.#subject = subject
    this.#base = base
    this.#touched = touched
    this.#limits = limits
  }

  /** One is under way: the state's dirty marks are in doubt. */
  get isRunning(): boolean {
    return this.#running !== undefined
  }

  /** The mailbox was read anew, and with it where its checkpoint stands. */
  restart({ base, touched }: CheckpointStart): void {
    this.#base = base
    this.#touched = touched
  }

  /** Rows were applied that name so many messages. */
  note(touched: number): void {
    this.#touched += touched
  }

  /** Writes one where at least this many log rows or entries came since the last, or rows that are dear to replay. */
  async write(rows: number, entries = rows): Promise<void> {
    if (!this.#isDue(rows, entries) || this.#subject.isGone) return
    this.#running ??= this.#writeNow().finally(() => {
      this.#running = undefined
    })
    await this.#running
  }

  /** In the background: one that fails costs nothing but a longer tail, and is tried again later. */
  writeSoon(): void {
    if (this.isRunning || Date.now() < this.#next) return
    const { checkpointRows, checkpointEntries } = this.#limits
    this.write(checkpointRows, checkpointEntries).catch(() => {
      this.#next = Date.now() + retryMs
    })
  }

  #isDue(rows: number, entries: number): boolean {
    const { position, size } = this.#subject.view
    const { changeSeq, uidNext } = position
    const isLong = changeSeq - this.#base.changeSeq >= rows
    const isWide = this.#touched >= Math.max(this.#limits.checkpointTouched, timesAll * size)
    return isLong || isWide || uidNext - this.#base.uidNext >= entries
  }

  async #writeNow(): Promise<void> {
    const { account, mailbox, state } = this.#subject
    // What is named meanwhile may be covered or not.
    const touched = this.#touched
    const base = await checkpoint(this.#database, account, mailbox, state)
    if (base === undefined) return
    this.#base = base
    this.#touched -= touched
  }
}
