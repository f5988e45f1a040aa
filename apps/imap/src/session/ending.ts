/** Why and when a session is to end although its client did nothing: the server drains, the account is closed. */
export class Ending {
  readonly #controller = new AbortController()
  #farewell: string | undefined

  /** Aborted when the session is to finish its command and go. */
  get signal(): AbortSignal {
    return this.#controller.signal
  }

  get isNear(): boolean {
    return this.#controller.signal.aborted
  }

  /** What to say with BYE. */
  get farewell(): string | undefined {
    return this.#farewell
  }

  /** Asks the session to end. The first reason is the one that is told. */
  ask(farewell: string): void {
    this.#farewell ??= farewell
    this.#controller.abort()
  }
}
