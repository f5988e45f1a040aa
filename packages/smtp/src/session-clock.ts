import type { SmtpLimits } from './limits.ts'

/** What the client keeps us waiting for. */
type Waiting = 'command' | 'data' | 'nothing'

/**
 * The deadlines of one session. A command must be complete within `commandMs` of the reply before
 * it, however its octets trickle in; a message must not pause, and must keep up a minimum rate.
 * While we are at work ourselves no clock runs.
 */
export class SessionClock {
  readonly #limits: SmtpLimits
  readonly #onLate: () => void
  readonly #now: () => number
  readonly #commandTimer: NodeJS.Timeout
  #dataTimer: NodeJS.Timeout | undefined
  #waiting: Waiting = 'nothing'

  /** @param now a clock that never goes back, in milliseconds */
  constructor(limits: SmtpLimits, onLate: () => void, now: () => number = () => performance.now()) {
    this.#limits = limits
    this.#onLate = onLate
    this.#now = now
    this.#commandTimer = setTimeout(() => this.#checkCommand(), limits.commandMs).unref()
  }

  /** Our reply is written: the client's turn. */
  awaitCommand(): void {
    this.#waiting = 'command'
    this.#commandTimer.refresh()
  }

  /** A message begins; `bytes` tells how much of it has come. */
  awaitData(bytes: () => number): void {
    this.#waiting = 'data'
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
    this.#waiting = 'nothing'
    clearInterval(this.#dataTimer)
    this.#dataTimer = undefined
  }

  /** The session is over. */
  stop(): void {
    this.rest()
    clearTimeout(this.#commandTimer)
  }

  #checkCommand(): void {
    if (this.#waiting === 'command') this.#late()
    else this.#commandTimer.refresh()
  }

  #late(): void {
    this.stop()
    this.#onLate()
  }
}
