/**
 * Measures the turns of this process's event loop in its own time on the processor: what a busy machine does to the clock does
 * not count.
 */
export class TurnMeter {
  readonly #turns: number[] = []
  #last = ownMs()
  #next: NodeJS.Immediate | undefined

  constructor() {
    const turn = (): void => {
      const now = ownMs()
      this.#turns.push(now - this.#last)
      this.#last = now
      this.#next = setImmediate(turn)
    }
    this.#next = setImmediate(turn)
  }

  /** How long each turn was, in ms. */
  stop(): readonly number[] {
    clearImmediate(this.#next)
    return this.#turns
  }
}

/** Of the one thread that serves. */
function ownMs(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}
