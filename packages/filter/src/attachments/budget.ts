import {
  MAX_ARCHIVES,
  MAX_ARCHIVE_ENTRIES,
  MAX_ARCHIVE_MS,
  MAX_INFLATED_BYTES,
  MAX_OPENED_BYTES,
} from '../limits.ts'

/** A bound was reached: what lies behind it has not been looked at, and that is never passed over in silence. */
export class LimitReached extends Error {}

/** What one message's attachments may cost together. Every method throws {@link LimitReached} where it is too much. */
export class Budget {
  readonly #signal: AbortSignal
  readonly #until = performance.now() + MAX_ARCHIVE_MS
  #archives = MAX_ARCHIVES
  #entries = MAX_ARCHIVE_ENTRIES
  #opened = MAX_OPENED_BYTES
  #inflated = MAX_INFLATED_BYTES

  constructor(signal: AbortSignal) {
    this.#signal = signal
  }

  /** Octets that may still be inflated. */
  get inflatedLeft(): number {
    return this.#inflated
  }

  archive(): void {
    this.#archives -= 1
    this.#check(this.#archives >= 0, 'more archives than are opened')
  }

  entry(): void {
    this.#entries -= 1
    this.#check(this.#entries >= 0, 'archives with more entries than are looked at')
  }

  open(bytes: number): void {
    this.#opened -= bytes
    this.#check(this.#opened >= 0, 'attachments larger than are opened')
  }

  inflate(bytes: number): void {
    this.#inflated -= bytes
    this.#check(this.#inflated >= 0, 'archives that inflate to more than is looked at')
  }

  #check(holds: boolean, words: string): void {
    if (!holds) throw new LimitReached(words)
    if (performance.now() > this.#until)
      throw new LimitReached('archives that take too long to look at')
    this.#signal.throwIfAborted()
  }
}
