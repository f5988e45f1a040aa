import { type RecipientOutcome, reply } from '@posthouse/smtp'
import { delayNoticeSeconds, type RemoteReply } from '@posthouse/store'
import type { Log } from '@posthouse/telemetry'
import type { Job } from './job.ts'
import { judge, nobody, type Peer } from './judgement.ts'
import type { Lease } from './lease.ts'
import { attemptNumber, attempts } from './metrics.ts'
import type { Recorder } from './recorder.ts'
import type { Sent } from './transaction.ts'

/** Until when, and why, nothing is sent to a provider. */
export interface KeptBack {
  readonly dueInMs: number
  /** How much earlier the message that finds out is due. */
  readonly leadMs: number
  /** What its host said. */
  readonly words: RemoteReply | undefined
}

/** The ways in which a job leaves a worker: with an outcome, back into the queue, or dropped. */
export class JobEnds {
  readonly #recorder: Recorder
  readonly #log: Log

  constructor(recorder: Recorder, log: Log) {
    this.#recorder = recorder
    this.#log = log
  }

  /** It was tried: each recipient has an outcome. */
  finish(job: Job, { outcomes }: Sent, peer: Peer): void {
    job.letGo()
    const judgements = outcomes.map(({ recipient, outcome }) => {
      const judgement = judge(job, recipient, outcome, peer)
      const { policy: tls = 'unconnected' } = peer
      const attempt = attemptNumber(recipient.attempt)
      attempts.add({ result: judgement.outcome.kind, tls, attempt })
      return judgement
    })
    this.#recorder.add(job, judgements)
  }

  /** The same for all its recipients; dropped where it is not ours any more. */
  end(job: Job, outcome: RecipientOutcome, peer: Peer): void {
    if (!job.lease.isValid) {
      this.drop(job)
      return
    }
    const outcomes = job.message.recipients.map((recipient) => ({ recipient, outcome }))
    this.finish(job, { outcomes, isReusable: true }, peer)
  }

  /** It is left to whoever claims it when its lease has run out. */
  drop(job: Job): void {
    job.letGo()
    job.lease.settle(job)
  }

  /** Back into the queue, untried, due in so many milliseconds. */
  async giveBack(jobs: readonly Job[], dueInMs: number): Promise<void> {
    for (const job of jobs) job.letGo()
    for (const [lease, group] of Map.groupBy(jobs, (job) => job.lease)) {
      await this.#release(lease, group, dueInMs)
    }
  }

  /**
   * Back into the queue, because the provider takes nothing until then: one message is due in so many milliseconds, and goes
   * ahead of the others. To wait costs no attempt. What is too old by then, or old enough for its sender to be told, has had one
   * all the same, with the words that the provider is kept waiting for.
   */
  async keepBack(jobs: readonly Job[], { dueInMs, leadMs, words }: KeptBack): Promise<void> {
    const { outcome, peer } = waiting(words)
    const kept: Job[] = []
    for (const job of jobs) {
      if (isOverdue(job, dueInMs)) this.end(job, outcome, peer)
      else kept.push(job)
    }
    await this.giveBack(kept.slice(0, 1), dueInMs)
    await this.giveBack(kept.slice(1), dueInMs + leadMs * (1 + Math.random()))
  }

  async #release(lease: Lease, jobs: readonly Job[], dueInMs: number): Promise<void> {
    try {
      await lease.giveBack(jobs, dueInMs / 1_000)
    } catch (error) {
      this.#log.warn('delivery.release.failed', { error })
      for (const job of jobs) this.drop(job)
    }
  }
}

/** What a message that waits for its provider is told to wait for: the host's own words, where they are no final ones. */
function waiting(words: RemoteReply | undefined): { outcome: RecipientOutcome; peer: Peer } {
  const { host, code, enhanced, text = 'nothing' } = words ?? {}
  const because = `Nothing is sent there for now, because ${host ?? 'the host'} said: ${text}`
  if (code === undefined || code >= 500)
    return { outcome: { kind: 'deferred', because }, peer: nobody }
  const outcome = { kind: 'deferred', reply: reply(code, enhanced, text), because } as const
  return { outcome, peer: { host, sendsReports: false } }
}

function isOverdue(job: Job, dueInMs: number): boolean {
  const { lifetimeSeconds, recipients } = job.message
  if (job.ageSeconds + dueInMs / 1_000 > lifetimeSeconds) return true
  return job.ageSeconds >= delayNoticeSeconds && recipients.some(({ isDelayTold }) => !isDelayTold)
}
