import type { StageHealth } from '../stage.ts'
import { ScannerFailure } from './scanner-failure.ts'

/** How a scanner is spared. */
export interface GateLimits {
  /** Messages that it looks at in one moment. */
  readonly atOnce: number
  /** Messages that wait for a place. */
  readonly waiting: number
  /** Failures in a row after which it is left alone for a while: first so long, then twice as long each time, up to a most. */
  readonly failures: number
  readonly firstMs: number
  readonly mostMs: number
  /** How long an answer may take: who leaves earlier has not been let down. */
  readonly deadlineMs: number
  /** Milliseconds that go on. */
  readonly now: () => number
}

/** clamd and spamd work on ten and five messages at once as they are shipped; more would only wait there. */
export const gateLimits: GateLimits = {
  atOnce: 10,
  waiting: 500,
  failures: 3,
  firstMs: 2_000,
  mostMs: 60_000,
  deadlineMs: 0,
  now: () => performance.now(),
}

/**
 * Stands before a scanner: so many at once, and none for a while after it failed again and again, so that mail does not wait for
 * a time-out each. After the while one message tries; the others still pass by.
 */
export class Gate {
  readonly #limits: GateLimits
  readonly #queue: (() => void)[] = []
  #active = 0
  #failures = 0
  #because = ''
  #closedUntil = 0
  #isTrying = false
  #hasWorked = false

  constructor(limits: Partial<GateLimits> = {}) {
    this.#limits = { ...gateLimits, ...limits }
  }

  /**
   * Does the work when there is a place.
   *
   * @throws ScannerFailure where the scanner is left alone, is too busy, or the signal says stop.
   */
  async pass<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const isTrial = this.#admit()
    const since = this.#limits.now()
    try {
      await this.#place(signal)
      try {
        const value = await work()
        this.#failures = 0
        this.#hasWorked = true
        return value
      } catch (error) {
        if (!this.#hasLeftEarly(signal, since)) this.#note(error)
        throw error
      } finally {
        this.#leave()
      }
    } finally {
      if (isTrial) this.#isTrying = false
    }
  }

  /** How it went last. */
  health(): StageHealth {
    if (this.#failures > 0) {
      const seconds = Math.ceil((this.#closedUntil - this.#limits.now()) / 1_000)
      const pause = seconds > 0 ? `, asked again in ${seconds} s` : ''
      const text = `${this.#because} (${this.#failures} in a row${pause})`
      return { isWell: false, text, ...(seconds > 0 && { isResting: true }) }
    }
    return { isWell: true, text: this.#hasWorked ? 'answers' : 'not asked yet' }
  }

  /** True: this one tries whether the scanner is back. */
  #admit(): boolean {
    const { failures, now } = this.#limits
    if (this.#failures < failures) return false
    if (now() < this.#closedUntil || this.#isTrying) {
      throw new ScannerFailure(`not asked: ${this.health().text}`, { isItsFault: false })
    }
    this.#isTrying = true
    return true
  }

  async #place(signal: AbortSignal): Promise<void> {
    const { atOnce, waiting } = this.#limits
    if (this.#active < atOnce) {
      this.#active++
      return
    }
    if (this.#queue.length >= waiting)
      throw new ScannerFailure('too many messages wait', { isItsFault: false })
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const stop = (): void => {
      this.#queue.splice(this.#queue.indexOf(resolve), 1)
      reject(new ScannerFailure('no place in time', { isItsFault: false }))
    }
    this.#queue.push(resolve)
    signal.addEventListener('abort', stop, { once: true })
    await promise.finally(() => signal.removeEventListener('abort', stop))
  }

  /** The place goes to whoever waits longest. */
  #leave(): void {
    const next = this.#queue.shift()
    if (next === undefined) this.#active--
    else next()
  }

  /** A session that ended in mid-scan; else whoever hangs up three times could have mail pass unseen. */
  #hasLeftEarly(signal: AbortSignal, since: number): boolean {
    return signal.aborted && this.#limits.now() - since < 0.8 * this.#limits.deadlineMs
  }

  #note(error: unknown): void {
    if (error instanceof ScannerFailure && !error.isItsFault) return
    const { failures, firstMs, mostMs, now } = this.#limits
    this.#because = error instanceof Error ? error.message : String(error)
    this.#failures++
    const over = this.#failures - failures
    if (over < 0) return
    this.#closedUntil = now() + Math.min(mostMs, firstMs * 2 ** Math.min(over, 20))
  }
}
