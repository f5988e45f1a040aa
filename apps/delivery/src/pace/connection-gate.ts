/**
 * Counts the connections to one provider, over all lanes that lead there, and lets those that wait in by turn. Who only keeps a
 * connection for more work to come gives it up when somebody waits.
 */
export class ConnectionGate {
  readonly #capacity: () => number
  readonly #waiting: ((isIn: boolean) => void)[] = []
  readonly #idle = new Set<() => void>()
  #inside = 0
  #isClosed = false

  /** `capacity` is asked each time; `admit` says that it has grown. */
  constructor(capacity: () => number) {
    this.#capacity = capacity
  }

  /** Connections that count at the moment. */
  get inside(): number {
    return this.#inside
  }

  /** Somebody waits: who has had a fair share shall leave. */
  get isWanted(): boolean {
    return this.#waiting.length > 0
  }

  /** True when there is room, and nobody was first. */
  tryEnter(): boolean {
    if (this.#isClosed || this.isWanted || this.#inside >= this.#capacity()) return false
    this.#inside += 1
    return true
  }

  /** Waits for room. False when nobody is let in any more. Who is in must `leave`. */
  async enter(): Promise<boolean> {
    if (this.#isClosed) return false
    if (this.tryEnter()) return true
    const turn = Promise.withResolvers<boolean>()
    this.#waiting.push(turn.resolve)
    for (const hangUp of this.#idle) {
      hangUp()
      break
    }
    return await turn.promise
  }

  /** One connection less. */
  leave(): void {
    this.#inside -= 1
    this.admit()
  }

  /** Lets in whoever there is room for now. */
  admit(): void {
    while (!this.#isClosed && this.isWanted && this.#inside < this.#capacity()) {
      this.#inside += 1
      this.#waiting.shift()?.(true)
    }
  }

  /** Says that a connection only waits for work; calls `hangUp` when somebody wants its place. Gives the way to take it back. */
  rest(hangUp: () => void): () => void {
    this.#idle.add(hangUp)
    return () => this.#idle.delete(hangUp)
  }

  /** Lets nobody in any more. */
  close(): void {
    this.#isClosed = true
    for (const turn of this.#waiting.splice(0)) turn(false)
  }
}
