import type { ClaimedMessage } from '@posthouse/store'
import type { Lease } from './lease.ts'
import type { Content } from './signing/content.ts'

/** A claimed message on its way to one group of hosts. */
export class Job {
  readonly lease: Lease
  /** How often it was begun again on another connection because one broke before the final dot. */
  moves = 0
  /** It is being sent, or was: it may have arrived. */
  isBegun = false
  #message: ClaimedMessage
  #content: Promise<Content | undefined> | undefined
  #release: (() => void) | undefined

  constructor(message: ClaimedMessage, lease: Lease) {
    this.#message = message
    this.lease = lease
    lease.cover(this)
  }

  get message(): ClaimedMessage {
    return this.#message
  }

  /** Seconds since the message was submitted, by the database's clock. */
  get ageSeconds(): number {
    return this.message.ageSeconds + (performance.now() - this.lease.claimedAt) / 1000
  }

  /** Its octets, on the way or there; undefined before `hold`. */
  get content(): Promise<Content | undefined> | undefined {
    return this.#content
  }

  /**
   * Takes over the recipients of another job that is the same message for another domain. Both came with one claim, and neither
   * is begun.
   */
  absorb(other: Job): void {
    const recipients = [...this.#message.recipients, ...other.message.recipients]
    this.#message = { ...this.#message, recipients: recipients.toSorted((a, b) => a.n - b.n) }
    other.letGo()
    other.lease.settle(other)
  }

  /** Octets that were asked for; `release` gives their memory back. */
  hold(content: Promise<Content | undefined>, release: () => void): void {
    this.#content = content
    this.#release = release
  }

  /** The octets are not needed any more. */
  letGo(): void {
    this.#content = undefined
    this.#release?.()
    this.#release = undefined
  }
}
