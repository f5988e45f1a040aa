import type { Complaint } from './answer-meaning.ts'
import type { PaceLimits } from './pace-limits.ts'

/** Counts complaints of each kind in a row, nothing being taken in between. */
export class Streaks {
  readonly #most: Readonly<Record<Complaint['kind'], number>>
  readonly #counts: Record<Complaint['kind'], number> = { slower: 0, unwanted: 0, trouble: 0 }

  constructor({ complaints, refusals, troubles }: PaceLimits) {
    this.#most = { slower: complaints, unwanted: refusals, trouble: troubles }
  }

  /** One more; true when that is enough. */
  add(kind: Complaint['kind']): boolean {
    this.#counts[kind] += 1
    return this.#counts[kind] >= this.#most[kind]
  }

  /** Something else came in between. */
  clear(): void {
    Object.assign(this.#counts, { slower: 0, unwanted: 0, trouble: 0 })
  }
}
