import { StoreUnavailable, storeError } from './unavailable.ts'

/** How patient the watch is. Counted in ticks of our own event loop, so that a stall of ours is not blamed on Postgres. */
export interface HungLimits {
  readonly tickMs: number
  /** A statement that waits this many ticks makes us ask the server whether it lives. */
  readonly suspectAfterTicks: number
  /** No answer to that question for this many ticks: the server is hung. */
  readonly hungAfterTicks: number
}

/** One second until the question, five more until the verdict. */
export const hungLimits: HungLimits = { tickMs: 250, suspectAfterTicks: 4, hungAfterTicks: 20 }

interface Operation {
  ticks: number
  readonly abandon: () => void
}

/**
 * Notices a database that accepts and does not answer (SIGSTOP, a dead disk, a cut cable), which neither the server's own
 * timeouts nor TCP report for minutes. While something waits too long it sends a pulse on a connection of its own; when
 * that stays unanswered too, everything under way fails with StoreUnavailable and new work is refused at once, until a
 * pulse is answered. A slow statement on a living server is left alone. Idle processes send nothing.
 */
export class HungWatch {
  readonly #pulse: () => Promise<void>
  readonly #onHung: () => void
  readonly #limits: HungLimits
  readonly #operations = new Set<Operation>()
  #timer: NodeJS.Timeout | undefined
  #pulseTicks: number | undefined
  #pulseId = 0
  #hung = false

  /**
   * `pulse` resolves with any sign of life, an error message of the server or a refused connection included. `onHung`
   * gives up connections whose state nobody knows.
   */
  constructor(pulse: () => Promise<void>, onHung: () => void, limits: HungLimits = hungLimits) {
    this.#pulse = pulse
    this.#onHung = onHung
    this.#limits = limits
  }

  /** True from the verdict until the next answered pulse. */
  get isHung(): boolean {
    return this.#hung
  }

  /** Throws at once while the server is known to hang. */
  refuseIfHung(): void {
    if (this.#hung) throw new StoreUnavailable('hung', 'none')
  }

  /**
   * Waits for `work` and maps its error. On the verdict the wait ends with StoreUnavailable and `kill` must make sure
   * that nothing of the work is used any more (destroy its socket). `lostMeans` is the outcome when no answer came.
   */
  guard<T>(work: Promise<T>, kill: () => void, lostMeans: 'none' | 'unknown'): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    const operation: Operation = {
      ticks: 0,
      abandon() {
        reject(new StoreUnavailable('hung', lostMeans))
        kill()
      },
    }
    this.#operations.add(operation)
    this.#start()
    work.then(
      (value) => {
        this.#operations.delete(operation)
        resolve(value)
      },
      (error: unknown) => {
        this.#operations.delete(operation)
        reject(storeError(error, lostMeans))
      },
    )
    return promise
  }

  /** Ends the watch; whatever still waits keeps waiting. */
  close(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
    this.#operations.clear()
    this.#hung = false
  }

  #start(): void {
    if (this.#timer !== undefined) return
    this.#timer = setInterval(() => this.#tick(), this.#limits.tickMs)
    this.#timer.unref()
  }

  #tick(): void {
    if (this.#operations.size === 0 && !this.#hung) {
      clearInterval(this.#timer)
      this.#timer = undefined
      this.#pulseTicks = undefined
      this.#pulseId++
      return
    }
    let oldest = 0
    for (const operation of this.#operations) oldest = Math.max(oldest, ++operation.ticks)
    if (this.#pulseTicks !== undefined) this.#await()
    else if (this.#hung || oldest >= this.#limits.suspectAfterTicks) this.#send()
  }

  #await(): void {
    this.#pulseTicks = (this.#pulseTicks ?? 0) + 1
    if (this.#pulseTicks < this.#limits.hungAfterTicks) return
    this.#hung = true
    this.#pulseTicks = undefined
    this.#pulseId++
    for (const operation of this.#operations) operation.abandon()
    this.#operations.clear()
    this.#onHung()
  }

  #send(): void {
    const id = ++this.#pulseId
    this.#pulseTicks = 0
    const answered = (): void => {
      if (id !== this.#pulseId) return
      this.#hung = false
      this.#pulseTicks = undefined
      for (const operation of this.#operations) operation.ticks = 0
    }
    this.#pulse().then(answered, () => {
      if (id === this.#pulseId) this.#pulseTicks = undefined
    })
  }
}
