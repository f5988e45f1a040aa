/** Keys whose counts are held at once: 100 bytes each. */
const maxKeys = 50_000

interface Count {
  level: number
  at: number
}

/** Counts by key that leak away at a steady pace. The key used least recently goes first. */
export class LeakyCounts {
  readonly #perMs: number
  readonly #now: () => number
  readonly #counts = new Map<string, Count>()

  constructor(perMinute: number, now: () => number) {
    this.#perMs = perMinute / 60_000
    this.#now = now
  }

  /** What is left of a count. */
  level(key: string): number {
    return this.#read(key, 1)
  }

  /** Adds one; the count then. */
  add(key: string): number {
    return this.#write(key, this.#read(key, 1) + 1)
  }

  /** Adds one where that does not lead above `most`. `pace` multiplies the leak. */
  take(key: string, most: number, pace = 1): boolean {
    const level = this.#read(key, pace)
    if (level + 1 > most) return false
    this.#write(key, level + 1)
    return true
  }

  #read(key: string, pace: number): number {
    const count = this.#counts.get(key)
    if (count === undefined) return 0
    return Math.max(0, count.level - (this.#now() - count.at) * this.#perMs * pace)
  }

  #write(key: string, level: number): number {
    this.#counts.delete(key)
    this.#counts.set(key, { level, at: this.#now() })
    const [oldest] = this.#counts.keys()
    if (this.#counts.size > maxKeys && oldest !== undefined) this.#counts.delete(oldest)
    return level
  }
}
