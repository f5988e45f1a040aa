/** A promise that is kept when something rings, or after a while by itself. */
export class Wake {
  readonly rung: Promise<void>
  readonly #ring: () => void
  readonly #timer: NodeJS.Timeout
  #isTimeout = false

  constructor(afterMs: number) {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.rung = promise
    this.#ring = resolve
    this.#timer = setTimeout(() => {
      this.#isTimeout = true
      resolve()
    }, afterMs)
    this.#timer.unref()
  }

  /** Nothing rang; the time was up. */
  get isTimeout(): boolean {
    return this.#isTimeout
  }

  ring(): void {
    this.#ring()
  }

  /** No longer needed. */
  cancel(): void {
    clearTimeout(this.#timer)
  }
}
