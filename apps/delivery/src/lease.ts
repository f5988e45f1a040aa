import type { Queue } from '@posthouse/store'
import type { Job } from './job.ts'

/**
 * Our hold on what one claim gave us. It is only as good as our own clock: what was claimed may be
 * worked on until shortly before another worker could take it over.
 */
export class Lease {
  readonly token: string
  readonly claimedAt: number
  readonly #queue: Pick<Queue, 'renew' | 'release'>
  readonly #seconds: number
  readonly #open = new Set<Job>()
  #validUntil: number

  /** `askedAt`: `performance.now()` from before the claim was asked for. */
  constructor(
    queue: Pick<Queue, 'renew' | 'release'>,
    token: string,
    seconds: number,
    askedAt: number,
  ) {
    this.token = token
    this.claimedAt = askedAt
    this.#queue = queue
    this.#seconds = seconds
    this.#validUntil = askedAt + seconds * 1000
  }

  /** Whether a transaction may begin: a sixth of the span is kept back for it to end in. */
  get isValid(): boolean {
    return performance.now() < this.#validUntil - (this.#seconds * 1000) / 6
  }

  /** Whether jobs of it have no end yet. */
  get isOpen(): boolean {
    return this.#open.size > 0
  }

  /** A job that came with the claim. */
  cover(job: Job): void {
    this.#open.add(job)
  }

  /** The job is recorded, or is left to whoever claims it when the lease has run out. */
  settle(job: Job): void {
    this.#open.delete(job)
  }

  /** Prolongs the hold. Throws what the store throws; the hold then stands as it was. */
  async renew(): Promise<void> {
    const askedAt = performance.now()
    const held = await this.#queue.renew(this.token, this.#seconds)
    this.#validUntil = held > 0 ? askedAt + this.#seconds * 1000 : 0
  }

  /** Gives back jobs that were not begun, due in so many seconds. Throws what the store throws; they are then still held. */
  async giveBack(jobs: readonly Job[], dueInSeconds: number): Promise<void> {
    await this.#queue.release(this.token, itemsOf(jobs), dueInSeconds)
    for (const job of jobs) this.#open.delete(job)
  }

  /**
   * Gives back what was never begun. What was begun and could not be recorded stays claimed until
   * the lease has run out: it may have been delivered.
   */
  async release(): Promise<void> {
    this.#validUntil = 0
    const untouched = [...this.#open].filter((job) => !job.isBegun)
    this.#open.clear()
    if (untouched.length > 0) await this.#queue.release(this.token, itemsOf(untouched))
  }
}

function itemsOf(jobs: readonly Job[]): { readonly queueId: string; readonly n: number }[] {
  return jobs.flatMap(({ message }) =>
    message.recipients.map(({ n }) => ({ queueId: message.queueId, n })),
  )
}
