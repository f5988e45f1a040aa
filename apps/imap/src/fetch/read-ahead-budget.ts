/** What all sessions of the process together may hold of messages that nobody has asked for yet. */
export class ReadAheadBudget {
  readonly #limit: number
  #held = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  get hasRoom(): boolean {
    return this.#held < this.#limit
  }

  take(octets: number): void {
    this.#held += octets
  }

  release(octets: number): void {
    this.#held -= octets
  }
}
