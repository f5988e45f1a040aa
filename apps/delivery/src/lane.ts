import type { RecipientOutcome } from '@posthouse/smtp'
import { StoreUnavailable } from '@posthouse/store'
import type { ContentLoader } from './content-loader.ts'
import type { DeadDestinations } from './dead-destinations.ts'
import type { Job } from './job.ts'
import { judge, nobody, type Peer } from './judgement.ts'
import type { Recorder } from './recorder.ts'
import { findRoute, type Hop, type RouteContext } from './route.ts'
import type { Content } from './signing/content.ts'
import { type OpenerContext, openSession, type Session } from './session-opener.ts'
import { isSessionLost, refusalOf, sendMessage, type Sent } from './transaction.ts'

/** What the lanes of a worker share. */
export interface LaneContext extends OpenerContext {
  readonly route: RouteContext
  readonly contents: ContentLoader
  readonly recorder: Recorder
  readonly dead: DeadDestinations
  /** Few jobs are left: `low`; none is left, and nobody works: `idle`, with or without connections. */
  readonly onRoom: (lane: Lane, why: 'low' | 'idle') => void
}

/**
 * All work for one destination: jobs in a row, and the connections that serve them. The first
 * connection shows whether the destination can be reached at all; more are opened while many jobs
 * wait. A connection takes message after message, and waits a little for more before it ends.
 */
export class Lane {
  readonly destination: string
  readonly #context: LaneContext
  #jobs: Job[] = []
  #runners = 0
  /** Connections that stand. */
  #sessions = 0
  /** Runners that wait for a job with an open connection. */
  readonly #idle = new Set<(job: Job | undefined) => void>()
  /** Addresses whose connection broke in this run. */
  readonly #broken = new Set<string>()
  /** The addresses of the newest route. */
  #hops: readonly Hop[] = []
  /** More work was asked for since the last came. */
  #hasAsked = false
  #isStopped = false

  constructor(destination: string, context: LaneContext) {
    this.destination = destination
    this.#context = context
  }

  /** Jobs that nobody has begun. */
  get backlog(): number {
    return this.#jobs.length
  }

  /** Nothing to do; connections may be kept open for more. */
  get isIdle(): boolean {
    return this.#jobs.length === 0 && this.#idle.size === this.#runners
  }

  /** Nothing to do, and no connection. */
  get hasEnded(): boolean {
    return this.#runners === 0
  }

  add(jobs: readonly Job[]): void {
    this.#hasAsked = false
    this.#jobs.push(...jobs)
    for (const give of [...this.#idle].slice(0, this.#jobs.length)) give(this.#jobs.shift())
    if (this.#runners === 0) {
      this.#broken.clear()
      this.#run()
    } else this.#grow()
  }

  /** Begins nothing more; what is being sent is sent. */
  stop(): void {
    this.#isStopped = true
    for (const job of this.#jobs.splice(0)) job.letGo()
    this.hangUp()
  }

  /** Ends the connections that wait for work. */
  hangUp(): void {
    for (const give of this.#idle) give(undefined)
  }

  #run(): void {
    this.#runners += 1
    void this.#serve()
      .catch((error: unknown) => {
        // A bug. What waits is left to whoever claims it when the lease has run out.
        this.#context.log.error('delivery.lane.failed', { destination: this.destination, error })
        for (const job of this.#jobs.splice(0)) this.#drop(job)
      })
      .finally(() => {
        this.#runners -= 1
        if (this.#runners === 0 && this.#jobs.length > 0 && !this.#isStopped) this.#run()
        if (this.isIdle) this.#context.onRoom(this, 'idle')
      })
  }

  /** Opens more connections once one stands. */
  #grow(): void {
    const { sessions, messagesPerSession } = this.#context.limits
    const wanted = Math.min(sessions, Math.ceil(this.#jobs.length / messagesPerSession))
    while (this.#sessions > 0 && !this.#isStopped && this.#runners < wanted) this.#run()
  }

  async #serve(): Promise<void> {
    while (this.#jobs.length > 0 && !this.#isStopped) {
      const session = await this.#open()
      if (session === undefined) return
      this.#sessions += 1
      this.#grow()
      try {
        await this.#useUp(session)
      } finally {
        this.#sessions -= 1
        session.client.destroy()
      }
    }
  }

  /** A session; undefined when none can be had, which ends all jobs unless another session serves them. */
  async #open(): Promise<Session | undefined> {
    const { recorder, route: routing, dead } = this.#context
    await recorder.ready()
    const death = dead.recall(this.destination)
    if (death !== undefined && this.#sessions === 0) {
      this.#endAll(death.outcome, death.peer)
      return undefined
    }
    const route = await findRoute(this.destination, routing)
    if (route.kind !== 'hops') {
      const outcome: RecipientOutcome =
        route.kind === 'nowhere'
          ? { kind: 'bounced', reply: route.reply, local: true }
          : { kind: 'deferred', because: route.because }
      this.#endAll(outcome, nobody)
      return undefined
    }
    this.#hops = route.hops
    const unbroken = this.#unbroken()
    // When every address had a broken connection, all are tried again.
    const hops = unbroken.length > 0 ? unbroken : this.#hops
    const opened = await openSession(hops, 'usual', this.#context, this.destination)
    if (opened.kind === 'session') return opened.session
    if (this.#sessions > 0 || this.#isStopped) return undefined
    const peer = { host: opened.host, sendsReports: false }
    dead.remember(this.destination, { outcome: opened.outcome, peer })
    this.#endAll(opened.outcome, peer)
    return undefined
  }

  #unbroken(): readonly Hop[] {
    return this.#hops.filter(({ address }) => !this.#broken.has(address))
  }

  async #useUp(session: Session): Promise<void> {
    while (session.client.usable) {
      const job = this.#jobs.shift() ?? (await this.#nextJob())
      if (job === undefined) break
      const goesOn = await this.#deliver(session, job).catch((error: unknown) => {
        this.#drop(job)
        throw error
      })
      if (!goesOn) return
      this.#askForMore()
    }
    await session.client.quit()
  }

  #askForMore(): void {
    if (this.#hasAsked || this.#jobs.length >= this.#context.limits.lowWater) return
    this.#hasAsked = true
    this.#context.onRoom(this, 'low')
  }

  /** Waits with the connection open; undefined when nothing comes. */
  async #nextJob(): Promise<Job | undefined> {
    if (this.#isStopped) return undefined
    const next = Promise.withResolvers<Job | undefined>()
    const give = (job: Job | undefined) => {
      this.#idle.delete(give)
      clearTimeout(timer)
      next.resolve(job)
    }
    const timer = setTimeout(() => give(undefined), this.#context.limits.idleMs)
    this.#idle.add(give)
    if (this.isIdle) this.#context.onRoom(this, 'idle')
    return await next.promise
  }

  /** Sends one job; false when the session is of no more use. */
  async #deliver(session: Session, job: Job): Promise<boolean> {
    const { recorder, signal } = this.#context
    await recorder.ready()
    const content = await this.#contentOf(job)
    if (this.#isStopped || signal.aborted) {
      job.letGo()
      return false
    }
    if (content === undefined || !job.lease.isValid) {
      this.#drop(job)
      return true
    }
    if (content.kind === 'withheld') {
      this.#end(job, { kind: 'deferred', because: content.because }, nobody)
      return true
    }
    const { client, hop } = session
    const peer = { host: hop.host, sendsReports: client.extensions.has('DSN') }
    const refusal = refusalOf(job.message)
    if (refusal !== undefined) {
      this.#end(job, { kind: 'bounced', reply: refusal, local: true }, peer)
      return true
    }
    job.isBegun = true
    const sent = await sendMessage(client, job.message, content.pieces, signal)
    if (isSessionLost(sent)) {
      if (this.#move(session, job)) return false
      const refused = sent.outcomes.find(({ outcome }) => isRefusal(outcome))
      if (refused !== undefined && session.sent === 0) this.#endAll(refused.outcome, peer)
    }
    session.sent += 1
    this.#finish(job, sent, peer)
    return sent.isReusable
  }

  /**
   * The connection broke before the message was taken. One that had served before was merely too
   * old; otherwise the next address is tried. False when there is none, or that was done often.
   */
  #move(session: Session, job: Job): boolean {
    if (session.sent === 0) this.#broken.add(session.hop.address)
    if (this.#isStopped || job.moves >= MAX_MOVES) return false
    if (session.sent === 0 && this.#unbroken().length === 0) return false
    job.moves += 1
    job.isBegun = false
    this.#jobs.unshift(job)
    return true
  }

  /** Undefined when the message is gone or cannot be read now; its lease runs out, and it is tried again. */
  async #contentOf(job: Job): Promise<Content | undefined> {
    try {
      return await this.#context.contents.load(job, this.#jobs.slice(0, READ_AHEAD))
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error
      this.#context.log.warn('delivery.content.unavailable', {
        queueId: job.message.queueId,
        error,
      })
      return undefined
    }
  }

  #finish(job: Job, { outcomes }: Sent, peer: Peer): void {
    job.letGo()
    this.#context.recorder.add(
      job,
      outcomes.map(({ recipient, outcome }) => judge(job, recipient, outcome, peer)),
    )
  }

  #end(job: Job, outcome: RecipientOutcome, peer: Peer): void {
    const outcomes = job.message.recipients.map((recipient) => ({ recipient, outcome }))
    this.#finish(job, { outcomes, isReusable: true }, peer)
  }

  #endAll(outcome: RecipientOutcome, peer: Peer): void {
    for (const job of this.#jobs.splice(0)) {
      if (job.lease.isValid) this.#end(job, outcome, peer)
      else this.#drop(job)
    }
    this.#askForMore()
  }

  #drop(job: Job): void {
    job.letGo()
    job.lease.settle(job)
  }
}

/** The host will not serve us now (421, RFC 5321 §3.8): the rest need not ask. */
function isRefusal(outcome: RecipientOutcome): boolean {
  return outcome.kind === 'deferred' && outcome.reply?.code === 421
}

/** A message changes connections this often in one attempt. */
const MAX_MOVES = 5
const READ_AHEAD = 32
