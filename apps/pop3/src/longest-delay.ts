import { StoreUnavailable, type Store } from '@posthouse/store'
import { limits } from './limits.ts'

/** The longest `pop3.login-delay` of all accounts, which strangers are told; looked up now and then. */
export class LongestDelay {
  readonly #store: Store
  #seconds = 0
  #readAt = -Infinity

  constructor(store: Store) {
    this.#store = store
  }

  /** Seconds, 0 where nobody has a delay. As it was, while the database is away. */
  async seconds(): Promise<number> {
    const now = performance.now()
    if (now - this.#readAt < limits.longestDelayMs) return this.#seconds
    this.#readAt = now
    try {
      this.#seconds = await this.#store.accountSettings.longestLoginDelay()
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error
    }
    return this.#seconds
  }
}
