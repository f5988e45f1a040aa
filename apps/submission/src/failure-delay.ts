import { firstDelayMs, forgetMs, longestDelayMs, rememberedAddresses } from './limits.ts'

interface Failures {
  readonly count: number
  readonly at: number
}

/** How long the answer to a wrong password is held back, by the address it comes from. */
export class FailureDelay {
  readonly #failures = new Map<string, Failures>()

  /** Counts one more, and says how long to wait, in milliseconds. */
  fail(address: string, now = Date.now()): number {
    const found = this.#failures.get(address)
    const count = found === undefined || now - found.at > forgetMs ? 1 : found.count + 1
    this.#failures.delete(address)
    this.#failures.set(address, { count, at: now })
    const [oldest] = this.#failures.keys()
    if (this.#failures.size > rememberedAddresses && oldest !== undefined) {
      this.#failures.delete(oldest)
    }
    return Math.min(longestDelayMs, firstDelayMs * 2 ** Math.min(count - 1, 30))
  }

  /** A right password: what went before was a slip. */
  forgive(address: string): void {
    this.#failures.delete(address)
  }
}
