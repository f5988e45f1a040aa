import { type ClaimedRecipient, StoreUnavailable } from '@posthouse/store'
import { Backlog } from './backlog.ts'
import type { ContentLoader } from './content-loader.ts'
import type { DeadDestinations } from './dead-destinations.ts'
import { Job } from './job.ts'
import type { JobEnds } from './job-ends.ts'
import { LaneDoor } from './lane-door.ts'
import type { PaceBook } from './pace/pace-book.ts'
import { type Permit, Permits } from './pace/permits.ts'
import type { RouteGroup } from './pace/route-group.ts'
import type { Recorder } from './recorder.ts'
import type { Content } from './signing/content.ts'
import type { OpenerContext, Session } from './session-opener.ts'
import { SessionUse } from './session-use.ts'

/** What the lanes of a worker share. */
export interface LaneContext extends OpenerContext {
  readonly contents: ContentLoader
  readonly recorder: Recorder
  readonly ends: JobEnds
  readonly dead: DeadDestinations
  readonly paces: PaceBook
  /** Few jobs are left: `low`; none is left, and nobody works: `idle`, with or without connections. */
  readonly onRoom: (lane: Lane, why: 'low' | 'idle') => void
}

/**
 * All work for one group of hosts: jobs in a row, and the connections that serve them. The first connection shows whether the
 * hosts can be reached at all; more are opened while many jobs wait, as many as the provider's pace allows. A connection takes
 * message after message, and waits a little for more before it ends.
 */
export class Lane {
  readonly key: string
  readonly backlog = new Backlog()
  readonly #context: LaneContext
  readonly #permits: Permits
  readonly #door: LaneDoor
  #group: RouteGroup
  #runners = 0
  /** Connections that stand. */
  readonly #sessions = new Set<SessionUse>()
  /** Runners that wait for a job with an open connection. */
  readonly #idle = new Set<(isWork: boolean) => void>()
  /** More work was asked for since the last came. */
  #hasAsked = false
  #isStopped = false
  #progressAt = performance.now()

  constructor(group: RouteGroup, context: LaneContext) {
    this.key = group.key
    this.#group = group
    this.#context = context
    this.#permits = new Permits(this, context)
    this.#door = new LaneDoor(this, context, this.#permits)
  }

  /** The newest route. */
  get group(): RouteGroup {
    return this.#group
  }

  /** A connection stands. */
  get isConnected(): boolean {
    return this.#sessions.size > 0
  }

  /** Begins nothing more. */
  get isStopped(): boolean {
    return this.#isStopped || this.#context.signal.aborted
  }

  /** Nothing to do; connections may be kept open for more. */
  get isIdle(): boolean {
    return this.backlog.size === 0 && this.#idle.size === this.#runners
  }

  /** Nothing to do, and no connection. */
  get hasEnded(): boolean {
    return this.#runners === 0 && this.backlog.size === 0
  }

  /** It has work, and nothing came of it for a while: the hosts are slow, or do not answer. */
  get isStuck(): boolean {
    return !this.isIdle && performance.now() - this.#progressAt > this.#context.limits.stuckMs
  }

  /** Takes jobs, with the route as it is now. */
  add(jobs: readonly Job[], group: RouteGroup): void {
    this.#hasAsked = false
    this.#group = group
    if (this.isIdle) this.#progressAt = performance.now()
    this.backlog.add(jobs)
    for (const wake of [...this.#idle].slice(0, jobs.length)) wake(true)
    if (this.#runners === 0) {
      this.#door.forget()
      this.#run()
    } else this.#grow()
  }

  /** Begins nothing more; what is being sent is sent. */
  stop(): void {
    this.#isStopped = true
    for (const job of this.backlog.remove()) job.letGo()
    this.#permits.wake()
    this.hangUp()
  }

  /** Ends the connections that wait for work. */
  hangUp(): void {
    for (const wake of this.#idle) wake(false)
  }

  /**
   * Holds no more than its share: what has waited here for long goes back into the queue, octets that were read ahead are let go
   * of while nothing moves, and where others need the memory the message that keeps it for nothing is broken off.
   */
  tidy(isMemoryShort: boolean): void {
    const since = performance.now() - this.#context.limits.holdMs
    const old = this.backlog.remove(({ lease }) => lease.claimedAt < since)
    if (old.length > 0) void this.#context.ends.giveBack(old, 0)
    if (!this.isStuck) return
    for (const job of this.backlog.next(this.backlog.size)) job.letGo()
    if (!isMemoryShort) return
    for (const session of this.#sessions) session.cutStalled()
  }

  /** The job is to be tried on another connection. False when it changed too often, or there is no other address. */
  move(job: Job, session: Session): boolean {
    if (!this.#door.broke(session) || this.isStopped || job.moves >= MAX_MOVES) return false
    job.moves += 1
    job.isBegun = false
    this.backlog.putBack(job)
    return true
  }

  /** The rest of a message's recipients, for the next connection; where there is none, their lease is given back with them. */
  goOn(job: Job, recipients: readonly ClaimedRecipient[]): void {
    const rest = new Job({ ...job.message, recipients }, job.lease)
    if (!this.isStopped) this.backlog.putBack(rest)
  }

  /** Octets to send, and those that come next with them. Undefined when the message is gone, or cannot be read now. */
  async contentOf(job: Job): Promise<Content | undefined> {
    try {
      return await this.#context.contents.load(job, this.backlog.next(READ_AHEAD))
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error
      const { queueId } = job.message
      this.#context.log.warn('delivery.content.unavailable', { queueId, error })
      return undefined
    }
  }

  /** A message came to an end. */
  progress(): void {
    this.#progressAt = performance.now()
    if (this.#hasAsked || this.backlog.size >= this.#context.limits.lowWater) return
    this.#hasAsked = true
    this.#context.onRoom(this, 'low')
  }

  /** Waits for work with the connection open, and without it when others need its place. False when nothing comes. */
  async moreWork(): Promise<boolean> {
    if (this.isStopped || this.#group.pace.gate.isWanted) return false
    const work = Promise.withResolvers<boolean>()
    const wake = (isWork: boolean) => {
      this.#idle.delete(wake)
      clearTimeout(timer)
      back()
      work.resolve(isWork)
    }
    const timer = setTimeout(() => wake(false), this.#context.limits.idleMs)
    const back = this.#group.pace.gate.rest(() => wake(false))
    this.#idle.add(wake)
    if (this.isIdle) this.#context.onRoom(this, 'idle')
    return await work.promise
  }

  #run(isInside = false): void {
    this.#runners += 1
    void this.#serve(isInside)
      .catch((error: unknown) => {
        // A bug. What waits is left to whoever claims it when the lease has run out.
        this.#context.log.error('delivery.lane.failed', { lane: this.key, error })
        for (const job of this.backlog.remove()) this.#context.ends.drop(job)
      })
      .finally(() => {
        this.#runners -= 1
        if (this.#runners === 0 && this.backlog.size > 0 && !this.isStopped) this.#run()
        if (this.isIdle) this.#context.onRoom(this, 'idle')
      })
  }

  /** Opens more connections once one stands. */
  #grow(): void {
    const { sessions, messagesPerSession } = this.#context.limits
    const wanted = Math.min(sessions, Math.ceil(this.backlog.size / messagesPerSession))
    while (this.#sessions.size > 0 && !this.isStopped && this.#runners < wanted) {
      if (!this.#group.pace.gate.tryEnter()) return
      this.#run(true)
    }
  }

  /** `isInside`: a place among the provider's connections was taken for it. */
  async #serve(isInside: boolean): Promise<void> {
    const { gate } = this.#group.pace
    let hasPlace = isInside
    try {
      while (this.backlog.size > 0 && !this.isStopped) {
        const permit = await this.#permits.ask()
        if (permit === undefined) return
        hasPlace ||= await gate.enter()
        if (!hasPlace || !(await this.#serveOnce(permit))) return
        gate.leave()
        hasPlace = false
      }
    } finally {
      if (hasPlace) gate.leave()
    }
  }

  /** Opens a connection and uses it up; false when none can be had. */
  async #serveOnce(permit: Permit): Promise<boolean> {
    const session = await this.#door.open(permit)
    if (session === undefined) return false
    this.#progressAt = performance.now()
    const use = new SessionUse(this, session, this.#context)
    this.#sessions.add(use)
    this.#grow()
    try {
      await use.run(permit, this.#permits)
    } finally {
      this.#sessions.delete(use)
      session.client.destroy()
    }
    this.#grow()
    return true
  }
}

/** A message changes connections this often in one attempt. */
const MAX_MOVES = 5
const READ_AHEAD = 32
