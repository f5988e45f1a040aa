import type { SimilarNote, SimilarStore } from './similar-store.ts'

const flushMs = 2_000
const mostWaiting = 400

/** Gathers notes, so that a message does not wait for its own count: many messages' are written at once. */
export class SimilarNotes {
  readonly #store: SimilarStore
  readonly #now: () => number
  #waiting = new Map<number, { seen: number; spam: number }>()
  #timer: NodeJS.Timeout | undefined
  #writing: Promise<void> = Promise.resolve()

  /** @param now milliseconds since 1970 */
  constructor(store: SimilarStore, now: () => number = Date.now) {
    this.#store = store
    this.#now = now
  }

  /** The hour that is now. */
  get hour(): number {
    return Math.floor(this.#now() / 3_600_000)
  }

  /** What was noted and is not written yet. */
  waiting(sketch: number): { readonly seen: number; readonly spam: number } {
    return this.#waiting.get(sketch) ?? { seen: 0, spam: 0 }
  }

  add(notes: readonly SimilarNote[]): void {
    for (const { sketch, seen, spam } of notes) {
      const old = this.waiting(sketch)
      this.#waiting.set(sketch, { seen: old.seen + seen, spam: old.spam + spam })
    }
    if (this.#waiting.size >= mostWaiting) void this.flush()
    else if (this.#waiting.size > 0 && this.#timer === undefined) {
      this.#timer = setTimeout(() => void this.flush(), flushMs)
      this.#timer.unref()
    }
  }

  /** Writes what waits. What cannot be written is dropped: it is a count, and the database has other troubles. */
  flush(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const notes = [...this.#waiting].map(([sketch, counts]) => ({ sketch, ...counts }))
    this.#waiting = new Map()
    this.#writing = this.#writing
      .then(() => this.#store.add(notes, this.hour))
      .catch(() => undefined)
    return this.#writing
  }
}
