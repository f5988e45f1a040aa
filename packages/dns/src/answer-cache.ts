import type { Answer } from './resolver.ts'

/** Bounds of the cache. */
export interface CacheLimits {
  readonly maxEntries: number
  /** Shortest and longest that an answer is kept, whatever its TTL. */
  readonly minTtlSeconds: number
  readonly maxTtlSeconds: number
  /** Longest that "no such name" and "no such records" are kept (RFC 2308 §5). */
  readonly maxNegativeTtlSeconds: number
  /** How long a failure is kept, so that what fails is not asked for anew by each message (RFC 9520 §3.2: at least 1 s). */
  readonly failureSeconds: number
}

/** An hour at most: a changed MX shall not be missed for longer. */
export const cacheLimits: CacheLimits = {
  maxEntries: 10_000,
  minTtlSeconds: 5,
  maxTtlSeconds: 3600,
  maxNegativeTtlSeconds: 900,
  failureSeconds: 3,
}

interface Entry {
  readonly answer: Promise<Answer<unknown>>
  /** Milliseconds; Infinity while the question is under way. */
  expiresAt: number
}

/**
 * Answers by question, their TTLs brought within the bounds. Questions that are under way are shared. The entry used least
 * recently goes first.
 */
export class AnswerCache {
  readonly #limits: CacheLimits
  readonly #now: () => number
  readonly #entries = new Map<string, Entry>()

  constructor(limits: CacheLimits = cacheLimits, now: () => number = () => performance.now()) {
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
    const answer = ask().then((found) => this.#bounded(found))
    const entry: Entry = { answer, expiresAt: Number.POSITIVE_INFINITY }
    this.#entries.delete(key)
    this.#entries.set(key, entry)
    this.#shrink()
    const settled = await answer
    const seconds = settled.kind === 'temporary' ? this.#limits.failureSeconds : settled.ttlSeconds
    entry.expiresAt = this.#now() + seconds * 1000
    return settled
  }

  /** Forgets everything. */
  clear(): void {
    this.#entries.clear()
  }

  #bounded<T>(answer: Answer<T>): Answer<T> {
    if (answer.kind === 'temporary') return answer
    const { minTtlSeconds, maxTtlSeconds, maxNegativeTtlSeconds } = this.#limits
    const most = answer.kind === 'records' ? maxTtlSeconds : maxNegativeTtlSeconds
    return { ...answer, ttlSeconds: Math.max(minTtlSeconds, Math.min(answer.ttlSeconds, most)) }
  }

  #shrink(): void {
    for (const key of this.#entries.keys()) {
      if (this.#entries.size <= this.#limits.maxEntries) return
      this.#entries.delete(key)
    }
  }
}
