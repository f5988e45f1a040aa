import { setTimeout as sleep } from 'node:timers/promises'
import type { Store } from '@posthouse/store'
import { healthMs, healthWaitMs } from './limits.ts'

/** Whether the store is known to be away, asked at most once a second for all who want to know. */
export class StoreHealth {
  readonly #store: Pick<Store, 'isReady'>
  #answer: Promise<boolean> | undefined
  #askedAt = -Infinity

  constructor(store: Pick<Store, 'isReady'>) {
    this.#store = store
  }

  /** True where the store says that it does not answer; false also when that is not known yet. */
  async isAway(): Promise<boolean> {
    const now = performance.now()
    if (this.#answer === undefined || now - this.#askedAt > healthMs) {
      this.#askedAt = now
      this.#answer = this.#store.isReady().catch(() => false)
    }
    const patience = new AbortController()
    const isReady = await Promise.race([
      this.#answer,
      sleep(healthWaitMs, true, { signal: patience.signal, ref: false }).catch(() => true),
    ])
    patience.abort()
    return !isReady
  }
}
