import type { Store } from '@posthouse/store'
import type { Log } from '@posthouse/telemetry'
import { limits } from '../limits.ts'
import { databaseUp, lastBackup, queueMessages, queueOldest, storeBytes } from '../metrics.ts'

/**
 * What the database tells of itself, for metrics. It is asked no more often than every few seconds, and after an answer that took
 * long rests for many times as long: of a queue of a million each count costs a good part of a second.
 */
export class StoreGauges {
  readonly #store: Pick<Store, 'vitalSigns'>
  readonly #log: Log
  #reading: Promise<void> | undefined
  #freshUntil = 0

  constructor(store: Pick<Store, 'vitalSigns'>, log: Log) {
    this.#store = store
    this.#log = log
  }

  /** Reads anew where it is time; waits for it no longer than a scrape may take. Never throws. */
  async refresh(): Promise<void> {
    if (performance.now() < this.#freshUntil) return
    this.#reading ??= this.#read().finally(() => (this.#reading = undefined))
    const patience = Promise.withResolvers<void>()
    const timer = setTimeout(() => {
      // Nothing is told any more of what may have changed long ago.
      this.#forget()
      patience.resolve()
    }, limits.signsMs)
    await Promise.race([this.#reading, patience.promise])
    clearTimeout(timer)
  }

  async #read(): Promise<void> {
    const begun = performance.now()
    try {
      const signs = await this.#store.vitalSigns()
      databaseUp.set({}, 1)
      const { waiting, active, deferred, held, oldestSeconds = 0, lastBackupAt } = signs
      queueMessages.set({ state: 'waiting' }, waiting)
      queueMessages.set({ state: 'active' }, active)
      queueMessages.set({ state: 'deferred' }, deferred)
      queueMessages.set({ state: 'held' }, held)
      queueOldest.set({}, oldestSeconds)
      storeBytes.set({}, signs.databaseBytes)
      if (lastBackupAt !== undefined) lastBackup.set({}, lastBackupAt.getTime() / 1000)
    } catch (error) {
      this.#log.warn('web.metrics.unread', { error })
      this.#forget()
    }
    const now = performance.now()
    this.#freshUntil = now + Math.max(limits.signsFreshMs, (now - begun) * limits.signsRest)
  }

  #forget(): void {
    databaseUp.set({}, 0)
    for (const gauge of [queueMessages, queueOldest, storeBytes, lastBackup]) gauge.replace([])
  }
}
