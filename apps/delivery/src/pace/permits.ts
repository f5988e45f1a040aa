import type { JobEnds } from '../job-ends.ts'
import type { Lane } from '../lane.ts'
import type { PaceBook } from './pace-book.ts'

/** One message may go: as one of many, or alone to find out whether the provider takes mail again. */
export type Permit = 'go' | 'probe'

/** Asks a provider's pace on behalf of a lane, waits where that is short, and gives the lane's jobs back where it is not. */
export class Permits {
  readonly #lane: Lane
  readonly #ends: JobEnds
  readonly #paces: PaceBook
  readonly #sleepers = new Set<() => void>()

  constructor(lane: Lane, { ends, paces }: { readonly ends: JobEnds; readonly paces: PaceBook }) {
    this.#lane = lane
    this.#ends = ends
    this.#paces = paces
  }

  /**
   * A permit; undefined when there is nothing to send any more. `mostMs`: waits no longer than this, as behind an open
   * connection, which costs its host something.
   */
  async ask(mostMs = Infinity): Promise<Permit | undefined> {
    const { backlog } = this.#lane
    const { pace } = this.#lane.group
    while (backlog.size > 0 && !this.#lane.isStopped) {
      const turn = pace.turn(this.#paces.now())
      if (turn.kind === 'go') {
        pace.begin()
        return 'go'
      }
      if (turn.kind === 'probe') {
        if (await this.#paces.probe(pace)) return 'probe'
      } else if (turn.kind === 'suspended') {
        const { leadMs } = this.#paces.limits
        const jobs = backlog.remove()
        for (const { message } of jobs) {
          if (pace.kept.size < MOST_KEPT) pace.kept.add(message.destination)
        }
        const kept = { dueInMs: turn.ms, leadMs, words: pace.lastWords }
        await this.#ends.keepBack(jobs, kept)
      } else {
        if (turn.ms > mostMs) return undefined
        await this.#sleep(Math.min(turn.ms, LOOK_MS))
      }
    }
    return undefined
  }

  /** Nothing was sent with it. */
  unused(permit: Permit): void {
    if (permit === 'probe') this.#lane.group.pace.probeLost(this.#paces.now())
  }

  /** Nobody waits any more. */
  wake(): void {
    for (const wake of this.#sleepers) wake()
  }

  async #sleep(ms: number): Promise<void> {
    const over = Promise.withResolvers<void>()
    const timer = setTimeout(over.resolve, ms)
    this.#sleepers.add(over.resolve)
    await over.promise
    this.#sleepers.delete(over.resolve)
    clearTimeout(timer)
  }
}

/** Destinations that are remembered for when an operator ends a suspension. */
const MOST_KEPT = 1_000
/** A pace may change while one waits for it. */
const LOOK_MS = 5_000
