/**
 * A token bucket: in any span of t minutes at most `burst + rate * t` are let through. What a rate or a burst was before it
 * changed is settled first, so that raising it gives nothing for the time that has gone by.
 */
export class RateLimit {
  #rate: number
  #burst: number
  #tokens: number
  #at: number

  /** `rate` a minute; full at `now` unless it is said how much is in it. */
  constructor(rate: number, burst: number, now: number, tokens = burst) {
    this.#rate = rate
    this.#burst = burst
    this.#tokens = Math.min(tokens, burst)
    this.#at = now
  }

  /** Changes what is allowed from now on. */
  set(rate: number, burst: number, now: number): void {
    this.#settle(now)
    this.#rate = rate
    this.#burst = burst
    this.#tokens = Math.min(this.#tokens, burst)
  }

  /** Milliseconds until one may go, 0 when it may now. Takes nothing. */
  wait(now: number): number {
    this.#settle(now)
    if (this.#tokens >= 1) return 0
    return Math.max(1, Math.ceil(((1 - this.#tokens) / this.#rate) * 60_000))
  }

  /** Takes one; only when `wait` is 0. */
  take(): void {
    this.#tokens -= 1
  }

  #settle(now: number): void {
    // A clock that was set back gives nothing, and takes nothing.
    const minutes = Math.max(0, now - this.#at) / 60_000
    this.#at = now
    this.#tokens = Math.min(this.#burst, this.#tokens + minutes * this.#rate)
  }
}
