import type { Store } from '@posthouse/store'
import type { Log } from '@posthouse/telemetry'
import { limits } from '../limits.ts'
import { databaseUp, lastBackup, queueMessages, queueOldest, storeBytes } from '../metrics.ts'

/** How often figures are read anew; tests wait less. */
export interface SignsPace {
  readonly freshMs: number
  /** They rest so many times as long as they took. */
  readonly rest: number
}

const usualPace: SignsPace = { freshMs: limits.signsFreshMs, rest: limits.signsRest }

/**
 * What the database tells of itself, for metrics. It is asked no more often than every few seconds, and after an answer that took
 * long rests for many times as long: of a queue of a million each count costs a good part of a second.
 */
export class StoreGauges {
  readonly #store: Pick<Store, 'vitalSigns' | 'isReady'>
  readonly #log: Log
  readonly #pace: SignsPace
  #reading: Promise<void> | undefined
  #freshUntil = 0

  constructor(store: Pick<Store, 'vitalSigns' | 'isReady'>, log: Log, pace = usualPace) {
    this.#store = store
    this.#log = log
    this.#pace = pace
  }

  /** Reads anew where it is time; waits for it no longer than a scrape may take. Never throws. */
  async refresh(): Promise<void> {
    if (performance.now() < this.#freshUntil) return
    this.#reading ??= this.#read().finally(() => (this.#reading = undefined))
    const patience = Promise.withResolvers<void>()
    // Meanwhile things are told as they were.
    const timer = setTimeout(patience.resolve, limits.signsMs)
    await Promise.race([this.#reading, patience.promise])
    clearTimeout(timer)
  }

  async #read(): Promise<void> {
    const begun = performance.now()
    let isThere = true
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
      // A count that takes too long is no database that is away.
      isThere = await this.#store.isReady()
      databaseUp.set({}, isThere ? 1 : 0)
      for (const gauge of [queueMessages, queueOldest, storeBytes, lastBackup]) gauge.replace([])
    }
    const now = performance.now()
    // One that is back is seen to be.
    const restMs = isThere ? (now - begun) * this.#pace.rest : 0
    this.#freshUntil = now + Math.max(this.#pace.freshMs, restMs)
  }
}
