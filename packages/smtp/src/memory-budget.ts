/** A bound on octets held at one moment by everything that shares the budget. */
export class MemoryBudget {
  readonly #limit: number
  #used = 0

  constructor(limitBytes: number) {
    this.#limit = limitBytes
  }

  /** Octets held now. */
  get used(): number {
    return this.#used
  }

  /** What could still be taken. */
  get free(): number {
    return this.#limit - this.#used
  }

  /** Takes octets if they are there; otherwise takes nothing and says false. */
  take(bytes: number): boolean {
    if (this.#used + bytes > this.#limit) return false
    this.#used += bytes
    return true
  }

  /** Gives octets back. */
  give(bytes: number): void {
    this.#used -= bytes
  }
}

/**
 * The budget of this process for messages on their way in, shared by all its listeners: five of the
 * largest, each twice for the moment in which its pieces are joined, or any number of ordinary ones.
 */
export const processBudget = new MemoryBudget(512 * 1024 * 1024)
