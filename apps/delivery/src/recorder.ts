import {
  type AttemptOutcome,
  type OutcomeReport,
  type Queue,
  StoreUnavailable,
} from '@posthouse/store'
import { faultPoint, type Log } from '@posthouse/telemetry'
import type { Job } from './job.ts'
import type { Judgement } from './judgement.ts'
import type { ReportWriter } from './reports.ts'

/** One job's end: outcomes of all its recipients, recorded together. */
interface Entry {
  readonly job: Job
  readonly judgements: readonly Judgement[]
}

/**
 * Records outcomes with as few commits as possible: what comes in while one transaction is under
 * way goes into the next. While the store is away outcomes are kept and tried again, and nothing
 * new is sent (`ready`), because a message that was sent and is not recorded may be sent twice.
 */
export class Recorder {
  readonly #queue: Queue
  readonly #reports: ReportWriter
  readonly #log: Log
  readonly #pending = new Map<string, Entry[]>()
  #running: Promise<void> | undefined
  #isFailing = false
  #isEnding = false
  #ready: PromiseWithResolvers<void> | undefined

  constructor(queue: Queue, reports: ReportWriter, log: Log) {
    this.#queue = queue
    this.#reports = reports
    this.#log = log
  }

  /** Resolves while outcomes can be recorded; waits while they cannot. */
  async ready(): Promise<void> {
    while (this.#isFailing && !this.#isEnding) {
      this.#ready ??= Promise.withResolvers<void>()
      await this.#ready.promise
    }
  }

  /** Takes the end of a job. */
  add(job: Job, judgements: readonly Judgement[]): void {
    const { token } = job.lease
    const entries = this.#pending.get(token)
    if (entries === undefined) this.#pending.set(token, [{ job, judgements }])
    else entries.push({ job, judgements })
    this.#start()
  }

  /** From now on nobody waits in `ready`, and a failing store is not tried again and again. */
  stopWaiting(): void {
    this.#isEnding = true
    this.#ready?.resolve()
  }

  /** Resolves when everything is recorded, or cannot be. */
  async end(): Promise<void> {
    this.stopWaiting()
    this.#start()
    await this.#running
  }

  #start(): void {
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined
      // What came in after the last look.
      if (this.#pending.size > 0 && !this.#isFailing) this.#start()
    })
  }

  async #run(): Promise<void> {
    let waitMs = FIRST_WAIT_MS
    for (;;) {
      const [batch] = this.#pending
      if (batch === undefined) return
      const [token, all] = batch
      const entries = all.slice(0, MAX_ENTRIES)
      try {
        await this.#record(token, entries)
        this.#forget(token, entries.length)
        this.#succeeded()
        waitMs = FIRST_WAIT_MS
      } catch (error) {
        this.#failed(error)
        if (this.#isEnding) return
        await pause(waitMs)
        waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS)
      }
    }
  }

  #forget(token: string, count: number): void {
    const left = this.#pending.get(token)?.slice(count) ?? []
    if (left.length === 0) this.#pending.delete(token)
    else this.#pending.set(token, left)
  }

  /** Throws while the store is away. What it refuses for another reason costs only itself. */
  async #record(token: string, entries: readonly Entry[]): Promise<void> {
    try {
      await this.#commit(token, entries, true)
    } catch (error) {
      if (error instanceof StoreUnavailable) throw error
      this.#log.error('delivery.record.refused', { error, jobs: entries.length })
      for (const entry of entries) await this.#recordAlone(token, entry)
    }
  }

  /** With its reports, else without; else its lease runs out and it is tried again. */
  async #recordAlone(token: string, entry: Entry): Promise<void> {
    for (const withReports of [true, false]) {
      try {
        await this.#commit(token, [entry], withReports)
        return
      } catch (error) {
        if (error instanceof StoreUnavailable) throw error
        const { queueId } = entry.job.message
        this.#log.error('delivery.record.refused', { error, queueId, withReports })
      }
    }
    entry.job.lease.settle(entry.job)
  }

  async #commit(token: string, entries: readonly Entry[], withReports: boolean): Promise<void> {
    const reports: OutcomeReport[] = []
    for (const entry of withReports ? entries : [])
      reports.push(...(await this.#reports.write(entry)))
    const outcomes = entries.flatMap(({ judgements }) => judgements.map(({ outcome }) => outcome))
    await faultPoint('delivery.record.before')
    const { lost } = await this.#queue.record(token, outcomes, reports)
    await faultPoint('delivery.record.after')
    for (const { job } of entries) job.lease.settle(job)
    for (const outcome of outcomes) this.#tell(outcome)
    for (const one of lost) this.#log.warn('delivery.record.lost', { ...one })
    for (const report of reports) {
      const { queueId } = report.delivery
      this.#log.info('delivery.report.written', { queueId, kind: report.kind, about: report.about })
    }
  }

  #tell(outcome: AttemptOutcome): void {
    const { queueId, n, kind, reply, retryInSeconds } = outcome
    const { host, code, enhanced, text } = reply
    this.#log.info(`delivery.recipient.${kind}`, {
      queueId,
      n,
      host,
      code,
      enhanced,
      text,
      retryInSeconds,
    })
  }

  #succeeded(): void {
    if (this.#isFailing) this.#log.info('delivery.record.resumed')
    this.#isFailing = false
    this.#ready?.resolve()
    this.#ready = undefined
  }

  #failed(error: unknown): void {
    const isAway = error instanceof StoreUnavailable
    if (!this.#isFailing || !isAway) {
      this.#log[isAway ? 'warn' : 'error']('delivery.record.failed', { error })
    }
    this.#isFailing = true
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

/** Jobs in one transaction. */
const MAX_ENTRIES = 200
const FIRST_WAIT_MS = 200
const LONGEST_WAIT_MS = 5_000
