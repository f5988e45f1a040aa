import type { Job } from './job.ts'

/**
 * Jobs that nobody has begun: those of higher priority first, else as they came. A message that is there already for another
 * domain takes the new one's recipients with it, so that it goes over once.
 */
export class Backlog {
  #jobs: Job[] = []
  #first = 0
  readonly #byId = new Map<string, Job>()

  get size(): number {
    return this.#jobs.length - this.#first
  }

  /** Puts jobs in. */
  add(jobs: readonly Job[]): void {
    for (const job of jobs) {
      const same = this.#byId.get(job.message.queueId)
      if (same !== undefined && same.lease === job.lease) same.absorb(job)
      else this.#insert(job)
    }
  }

  /** Takes out the next one. */
  take(): Job | undefined {
    const job = this.#jobs[this.#first]
    if (job === undefined) return undefined
    this.#first += 1
    if (this.#first > COMPACT_AT) {
      this.#jobs = this.#jobs.slice(this.#first)
      this.#first = 0
    }
    this.#forget(job)
    return job
  }

  /** Puts one back that was taken out, before all others. */
  putBack(job: Job): void {
    this.#jobs = [job, ...this.#jobs.slice(this.#first)]
    this.#first = 0
    this.#remember(job)
  }

  /** Those that come next, left where they are. */
  next(count: number): readonly Job[] {
    return this.#jobs.slice(this.#first, this.#first + count)
  }

  /** Takes out all, or those of which it is true. */
  remove(isMeant: (job: Job) => boolean = () => true): readonly Job[] {
    const all = this.#jobs.slice(this.#first)
    const meant = all.filter(isMeant)
    if (meant.length === 0) return meant
    for (const job of meant) this.#forget(job)
    const gone = new Set(meant)
    this.#jobs = all.filter((job) => !gone.has(job))
    this.#first = 0
    return meant
  }

  #insert(job: Job): void {
    let at = this.#jobs.length
    const { priority } = job.message
    while (at > this.#first && (this.#jobs[at - 1]?.message.priority ?? 0) < priority) at -= 1
    if (at === this.#jobs.length) this.#jobs.push(job)
    else this.#jobs.splice(at, 0, job)
    this.#remember(job)
  }

  #remember(job: Job): void {
    this.#byId.set(job.message.queueId, job)
  }

  #forget(job: Job): void {
    const { queueId } = job.message
    if (this.#byId.get(queueId) === job) this.#byId.delete(queueId)
  }
}

/** So many places that are empty at the beginning are worth moving the rest. */
const COMPACT_AT = 512
