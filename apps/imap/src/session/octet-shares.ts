import { OctetBudget } from './octet-budget.ts'

/**
 * An `OctetBudget` of which no owner has more than a share: messages that come in slowly from one account's clients
 * must not make those of other accounts wait.
 */
export class OctetShares {
  readonly #all: OctetBudget
  readonly #share: number
  readonly #shares = new Map<string, OctetBudget>()

  /** Octets for all, and for each owner. */
  constructor(limit: number, share: number) {
    this.#all = new OctetBudget(limit)
    this.#share = share
  }

  /** Octets in use. */
  get taken(): number {
    return this.#all.taken
  }

  /** Owners that hold octets or wait for some. */
  get owners(): number {
    return this.#shares.size
  }

  /** Resolves when there is room in the owner's share, and then in all. Give it back with `release`. */
  async take(owner: string, octets: number): Promise<void> {
    await this.#shareOf(owner).take(octets)
    await this.#all.take(octets)
  }

  /** Takes room that is there, and waits for none. */
  tryTake(owner: string, octets: number): boolean {
    const share = this.#shareOf(owner)
    if (!share.tryTake(octets)) return false
    if (this.#all.tryTake(octets)) return true
    share.release(octets)
    return false
  }

  /** Gives room back. */
  release(owner: string, octets: number): void {
    this.#all.release(octets)
    const share = this.#shareOf(owner)
    share.release(octets)
    // Whoever waited in it has been let in: nobody does where nothing is taken.
    if (share.taken === 0) this.#shares.delete(owner)
  }

  #shareOf(owner: string): OctetBudget {
    const there = this.#shares.get(owner)
    if (there !== undefined) return there
    const share = new OctetBudget(this.#share)
    this.#shares.set(owner, share)
    return share
  }
}
