import {
  Reviewer,
  SelfTeacher,
  trainPending,
  type FilterMessage,
  type FilterVerdict,
  type SpamListener,
} from '@posthouse/filter'
import { StoreUnavailable, type AccountId, type Store } from '@posthouse/store'
import type { Log } from '@posthouse/telemetry'

/** What learning needs. */
export interface LearnerServices {
  readonly store: Pick<Store, 'learning'>
  readonly log: Log
}

/** Messages that are learnt from at the same time; what comes then is let pass, as there will be others. */
const mostAtOnce = 4

/** Between two looks for what owners said of their mail; such lessons are not urgent. */
const pauseMs = 5_000

/** Learns after the answer was given: it delays nothing, and that it fails harms nothing. */
export class Learner {
  readonly #services: LearnerServices
  readonly #teacher: SelfTeacher
  readonly #reviewer: Reviewer
  readonly #ending = new AbortController()
  readonly #running = new Set<Promise<void>>()
  #timer: NodeJS.Timeout | undefined

  /** @param similar is told of spam without doubt */
  constructor(services: LearnerServices, similar: SpamListener) {
    this.#services = services
    this.#teacher = new SelfTeacher(services.store.learning, similar)
    this.#reviewer = new Reviewer(services.store.learning.tokens)
  }

  /** Looks again and again for messages that their owners moved to Junk, or out of it, until it is closed. */
  watchOwners(): void {
    this.#timer ??= setTimeout(() => {
      this.#run(async () => {
        const { learning } = this.#services.store
        const note = (account: string): void => this.#reviewer.noteLesson(account)
        const { signal } = this.#ending
        const done = await trainPending(learning.training, learning, undefined, signal, note)
        if (done === 0) await this.#reviewer.step()
      })
      this.#timer?.refresh()
    }, pauseMs).unref()
  }

  /** From mail of the world, where it is clear what it was. */
  consider(message: FilterMessage, verdict: FilterVerdict): void {
    this.#run(async () => {
      const kind = await this.#teacher.consider(message, verdict)
      if (kind !== undefined) this.#reviewer.noteLesson(undefined)
    })
  }

  /** A user wrote to these: who answers is no stranger. */
  wrote(account: AccountId, addresses: readonly string[]): void {
    this.#run(() =>
      this.#services.store.learning.reputation.wrote(
        account,
        addresses.map((address) => address.toLowerCase()),
      ),
    )
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer)
    this.#ending.abort()
    await Promise.all(this.#running)
  }

  #run(lesson: () => Promise<unknown>): void {
    if (this.#running.size >= mostAtOnce || this.#ending.signal.aborted) return
    const running = this.#learn(lesson).finally(() => this.#running.delete(running))
    this.#running.add(running)
  }

  async #learn(lesson: () => Promise<unknown>): Promise<void> {
    try {
      await lesson()
    } catch (error) {
      if (error instanceof StoreUnavailable) return
      this.#services.log.warn('filter.lesson.failed', { because: String(error) })
    }
  }
}
