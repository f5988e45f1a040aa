import type { Answer } from './resolver.ts'

/** Bounds of the cache. */
export interface CacheLimits {
  readonly maxEntries: number
  /** Longest that a record is kept, whatever its TTL. */
  readonly maxTtlSeconds: number
  /** How long "no such name" and "no such records" are kept (RFC 2308 §5). */
  readonly negativeTtlSeconds: number
}

/** An hour at most: a changed MX shall not be missed for longer. */
export const cacheLimits: CacheLimits = {
  maxEntries: 10_000,
  maxTtlSeconds: 3600,
  negativeTtlSeconds: 60,
}

interface Entry {
  readonly answer: Promise<Answer<unknown>>
  /** Milliseconds; Infinity while the question is under way. */
  expiresAt: number
}

/**
 * Answers by question. Questions that are under way are shared; temporary failures are not kept.
 * The entry used least recently goes first.
 */
export class AnswerCache {
  readonly #limits: CacheLimits
  readonly #now: () => number
  readonly #entries = new Map<string, Entry>()

  constructor(limits: CacheLimits = cacheLimits, now: () => number = Date.now) {
    this.#limits = limits
    this.#now = now
  }

  /** The kept answer to `key`, or that of `ask`. One key always has answers of one type. */
  async get<T>(key: string, ask: () => Promise<Answer<T>>): Promise<Answer<T>> {
    const kept = this.#entries.get(key)
    if (kept !== undefined && kept.expiresAt > this.#now()) {
      this.#entries.delete(key)
      this.#entries.set(key, kept)
      return (await kept.answer) as Answer<T>
    }
    const answer = ask()
    const entry: Entry = { answer, expiresAt: Number.POSITIVE_INFINITY }
    this.#entries.delete(key)
    this.#entries.set(key, entry)
    this.#shrink()
    const settled = await answer
    entry.expiresAt = this.#now() + this.#ttlOf(settled) * 1000
    if (settled.kind === 'temporary' && this.#entries.get(key) === entry) this.#entries.delete(key)
    return settled
  }

  #ttlOf(answer: Answer<unknown>): number {
    const { maxTtlSeconds, negativeTtlSeconds } = this.#limits
    if (answer.kind !== 'records') return negativeTtlSeconds
    return Math.min(answer.ttlSeconds, maxTtlSeconds)
  }

  #shrink(): void {
    for (const key of this.#entries.keys()) {
      if (this.#entries.size <= this.#limits.maxEntries) return
      this.#entries.delete(key)
    }
  }
}
