/** Lets asynchronous work through one at a time, in the order of asking. */
export class Turnstile {
  #last: Promise<unknown> = Promise.resolve()

  /** Runs `work` after everything that asked before; its failure is its caller's alone. */
  pass<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work, work)
    this.#last = turn.catch(() => {})
    return turn
  }
}
