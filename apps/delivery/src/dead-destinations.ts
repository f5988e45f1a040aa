import type { RecipientOutcome } from '@posthouse/smtp'
import type { Peer } from './judgement.ts'

/** Why nobody could be reached. */
export interface Death {
  readonly outcome: RecipientOutcome
  readonly peer: Peer
}

/**
 * Destinations that could not be reached a moment ago. A host that swallows packets costs half a
 * minute to find out; a queue full of its mail shall not pay that for every few hundred messages.
 */
export class DeadDestinations {
  readonly #forMs: number
  readonly #deaths = new Map<string, Death & { readonly until: number }>()

  constructor(forMs: number) {
    this.#forMs = forMs
  }

  /** The destination is not asked again for a while. */
  remember(destination: string, death: Death): void {
    if (this.#deaths.size >= MOST) this.#forget()
    this.#deaths.set(destination, { ...death, until: performance.now() + this.#forMs })
  }

  /** Why it could not be reached; undefined when it may be asked (again). */
  recall(destination: string): Death | undefined {
    const death = this.#deaths.get(destination)
    if (death === undefined || death.until > performance.now()) return death
    this.#deaths.delete(destination)
    return undefined
  }

  #forget(): void {
    const now = performance.now()
    for (const [destination, { until }] of this.#deaths) {
      if (until <= now || this.#deaths.size >= MOST) this.#deaths.delete(destination)
    }
  }
}

const MOST = 10_000
