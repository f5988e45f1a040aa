import type { SmtpLimits } from './limits.ts'

/**
 * The deadlines of one session. A command must be complete within `commandMs` of the reply before
 * it, however its octets trickle in; a message must not pause, and must keep up a minimum rate.
 * While we are at work ourselves no clock runs.
 */
export class SessionClock {
  readonly #limits: SmtpLimits
  readonly #onLate: () => void
  readonly #now: () => number
  #commandTimer: NodeJS.Timeout | undefined
  #dataTimer: NodeJS.Timeout | undefined
  #isStopped = false

  /** @param now a clock that never goes back, in milliseconds */
  constructor(limits: SmtpLimits, onLate: () => void, now: () => number = () => performance.now()) {
    this.#limits = limits
    this.#onLate = onLate
    this.#now = now
  }

  /** Our reply is written: the client's turn. */
  awaitCommand(): void {
    this.rest()
    if (this.#isStopped) return
    this.#commandTimer = setTimeout(() => this.#late(), this.#limits.commandMs).unref()
  }

  /** A message begins; `bytes` tells how much of it has come. */
  awaitData(bytes: () => number): void {
    this.rest()
    if (this.#isStopped) return
    const { dataIdleMs, dataGraceMs, minimumBytesPerSecond } = this.#limits
    const begun = this.#now()
    let seen = 0
    let seenAt = begun
    const check = () => {
      const now = this.#now()
      const count = bytes()
      if (count > seen) {
        seen = count
        seenAt = now
      }
      const isSlow =
        now - begun > dataGraceMs && count * 1000 < minimumBytesPerSecond * (now - begun)
      if (isSlow || now - seenAt > dataIdleMs) this.#late()
    }
    const tick = Math.max(20, Math.min(5000, Math.min(dataIdleMs, dataGraceMs) / 4))
    this.#dataTimer = setInterval(check, tick).unref()
  }

  /** It is our turn. */
  rest(): void {
    clearTimeout(this.#commandTimer)
    clearInterval(this.#dataTimer)
  }

  /** The session is over. */
  stop(): void {
    this.#isStopped = true
    this.rest()
  }

  #late(): void {
    this.stop()
    this.#onLate()
  }
}
