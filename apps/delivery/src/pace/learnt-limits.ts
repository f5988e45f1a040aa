import type { PaceState } from '@posthouse/store'

/** Limits that a provider has but does not tell. */
export type KnownLimits = Pick<PaceState, 'maxRecipients' | 'maxMessages'>

/**
 * Limits that were found by running into them: recipients of a transaction (452 after so many, RFC 5321 §4.5.3.1.10), and
 * messages of a connection that the host closes after so many. The second counts when it was the same twice.
 */
export class LearntLimits {
  #known: KnownLimits
  #closedAfter: number | undefined
  #isNew = false

  constructor(known: KnownLimits = { maxRecipients: undefined, maxMessages: undefined }) {
    const { maxRecipients, maxMessages } = known
    this.#known = { maxRecipients, maxMessages }
  }

  /** Recipients of one transaction. */
  get maxRecipients(): number {
    return this.#known.maxRecipients ?? Infinity
  }

  /** Messages of one connection. */
  get maxMessages(): number {
    return this.#known.maxMessages ?? Infinity
  }

  /** Something was learnt since it was last taken. */
  get isNew(): boolean {
    return this.#isNew
  }

  /** The host took `count` recipients and had enough. */
  tooMany(count: number): void {
    if (count >= 1 && count < this.maxRecipients) this.#learn({ maxRecipients: count })
  }

  /** The host closed a connection that was in use after `count` messages. */
  closed(count: number): void {
    if (count < 1 || count > this.maxMessages) return
    if (count === this.#closedAfter) this.#learn({ maxMessages: count })
    this.#closedAfter = count
  }

  /** What is to be kept. */
  take(): KnownLimits {
    this.#isNew = false
    return this.#known
  }

  /** Takes over what another worker found. */
  adopt({ maxRecipients, maxMessages }: KnownLimits): void {
    this.#known = { maxRecipients, maxMessages }
  }

  #learn(known: Partial<KnownLimits>): void {
    this.#known = { ...this.#known, ...known }
    this.#isNew = true
  }
}
