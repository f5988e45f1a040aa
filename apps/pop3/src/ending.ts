/** Why and when a session is to end although its client did nothing. */
export class Ending {
  readonly #controller = new AbortController()
  #farewell: string | undefined

  /** Aborted when the session is to finish its command and go. */
  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** The last line to send; undefined while the session may go on. */
  get farewell(): string | undefined {
    return this.#farewell
  }

  /** Asks the session to end. The first reason is the one that is told. */
  ask(farewell: string): void {
    this.#farewell ??= farewell
    this.#controller.abort()
  }
}
