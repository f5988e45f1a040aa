/**
 * The deadline of one wait after another. A timer for each would be made and cleared for every command; as each deadline is
 * nearly always later than the one before, the timer is left running, and looks when it fires what the deadline is by then.
 */
export class WaitAlarm {
  readonly #ring: () => void
  #timer: NodeJS.Timeout | undefined
  /** When the timer fires. */
  #firesAt = 0
  /** When to ring; undefined while nobody waits. */
  #deadline: number | undefined

  /** @param ring called once a deadline has passed, and not before `set` returned */
  constructor(ring: () => void) {
    this.#ring = ring
  }

  /** A wait begins that may last so long. */
  set(ms: number): void {
    const deadline = performance.now() + Math.max(0, ms)
    this.#deadline = deadline
    if (this.#timer === undefined || this.#firesAt > deadline) this.#start(deadline)
  }

  /** The wait is over. */
  clear(): void {
    this.#deadline = undefined
  }

  /** There will be no more waits. */
  end(): void {
    this.#deadline = undefined
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #start(deadline: number): void {
    clearTimeout(this.#timer)
    this.#firesAt = deadline
    const ms = Math.min(Math.ceil(deadline - performance.now()), longestMs)
    this.#timer = setTimeout(() => this.#fire(), ms)
    // The socket keeps the process alive, not the wait for it.
    this.#timer.unref()
  }

  #fire(): void {
    this.#timer = undefined
    const deadline = this.#deadline
    if (deadline === undefined) return
    if (performance.now() < deadline) return this.#start(deadline)
    this.#deadline = undefined
    this.#ring()
  }
}

/** What setTimeout takes. */
const longestMs = 0x7fffffff
