/** A waiter for room. */
interface Waiting {
  readonly octets: number
  readonly begin: () => void
}

/**
 * Memory that the process gives to messages on their way in, shared by all sessions. Who finds it
 * taken waits in line; the client then waits too, in its own kernel.
 */
export class OctetBudget {
  readonly #limit: number
  readonly #line: Waiting[] = []
  #taken = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  /** Octets in use. */
  get taken(): number {
    return this.#taken
  }

  /** Resolves when there is room. One larger than everything is let in alone. Give it back with `release`. */
  async take(octets: number): Promise<void> {
    if (this.#line.length > 0 || !this.#fits(octets)) {
      const turn = Promise.withResolvers<void>()
      this.#line.push({ octets, begin: turn.resolve })
      await turn.promise
      return
    }
    this.#taken += octets
  }

  /** Takes room that is there, and waits for none: for who holds some already, lest all wait for one another. */
  tryTake(octets: number): boolean {
    if (this.#line.length > 0 || !this.#fits(octets)) return false
    this.#taken += octets
    return true
  }

  /** Gives room back. */
  release(octets: number): void {
    this.#taken -= octets
    for (let next = this.#line[0]; next !== undefined && this.#fits(next.octets);) {
      this.#line.shift()
      this.#taken += next.octets
      next.begin()
      next = this.#line[0]
    }
  }

  #fits(octets: number): boolean {
    return this.#taken === 0 || this.#taken + octets <= this.#limit
  }
}
