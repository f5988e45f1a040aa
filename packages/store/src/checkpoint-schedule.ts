import { checkpoint } from './checkpoint.ts'
import type { Database } from './database.ts'
import type { AccountId, MailboxId } from './ids.ts'
import type { MailboxState, StatePosition } from './mailbox-state.ts'

/** When a mailbox in use writes a checkpoint: after this many rows of its log, or entries. */
export interface CheckpointLimits {
  readonly checkpointRows: number
  readonly checkpointEntries: number
}

/** A tail of 512 rows adds 1.4 ms to an opening; more is worth a checkpoint (2 ms). */
export const checkpointLimits: CheckpointLimits = { checkpointRows: 512, checkpointEntries: 1024 }

const retryMs = 10_000

/** Whose checkpoints they are. */
export interface CheckpointSubject {
  readonly account: AccountId
  readonly mailbox: MailboxId
  readonly isGone: boolean
  /** Where the state stands; asking does not wake it. */
  readonly view: { readonly position: StatePosition }
  /** The state, awake. */
  readonly state: MailboxState
}

/** When one mailbox of this process is due for a checkpoint, and the one that is under way. */
export class CheckpointSchedule {
  readonly #database: Database
  readonly #subject: CheckpointSubject
  readonly #limits: CheckpointLimits
  /** Where the checkpoint stands, as far as this process knows: perhaps further. */
  #base: StatePosition
  #running: Promise<void> | undefined
  #next = 0

  constructor(
    database: Database,
    subject: CheckpointSubject,
    base: StatePosition,
    limits: CheckpointLimits,
  ) {
    this.#database = database
    this.#subject = subject
    this.#base = base
    this.#limits = limits
  }

  /** One is under way: the state's dirty marks are in doubt. */
  get isRunning(): boolean {
    return this.#running !== undefined
  }

  /** The mailbox was read anew, and with it where its checkpoint stands. */
  restart(base: StatePosition): void {
    this.#base = base
  }

  /** Writes one where at least this many log rows or entries came since the last. */
  async write(rows: number, entries = rows): Promise<void> {
    const { changeSeq, uidNext } = this.#subject.view.position
    const isDue =
      changeSeq - this.#base.changeSeq >= rows || uidNext - this.#base.uidNext >= entries
    if (!isDue || this.#subject.isGone) return
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

  async #writeNow(): Promise<void> {
    const { account, mailbox, state } = this.#subject
    const base = await checkpoint(this.#database, account, mailbox, state)
    if (base !== undefined) this.#base = base
  }
}
