import { type Claim, type Queue, StoreUnavailable } from '@posthouse/store'
import { Job } from './job.ts'
import { Lane, type LaneContext } from './lane.ts'
import { Lease } from './lease.ts'
import { isKnownDead, workerName } from './worker-name.ts'

/** What a worker needs beside what its lanes need. */
export interface WorkerContext extends Omit<LaneContext, 'onRoom'> {
  readonly queue: Queue
}

/**
 * Serves the outbound queue: claims what is due, a batch per destination, hands it to the lane of
 * that destination, keeps the leases, and sleeps until the queue has something again.
 */
export class Worker {
  readonly #context: WorkerContext
  readonly #name = workerName()
  readonly #lanes = new Map<string, Lane>()
  readonly #leases = new Set<Lease>()
  readonly #unsubscribe: () => void
  readonly #renewing: NodeJS.Timeout
  readonly #cleaning: NodeJS.Timeout
  readonly #loop: Promise<void>
  #isStopping = false
  /** The last round could claim for no new destination. */
  #isFull = false
  #isWoken = false
  #wakeUp: (() => void) | undefined

  constructor(context: WorkerContext) {
    this.#context = context
    this.#unsubscribe = context.queue.onWork(() => this.#wake())
    const { leaseSeconds } = context.limits
    this.#renewing = setInterval(() => void this.#renew(), (leaseSeconds * 1000) / 3)
    this.#cleaning = setInterval(() => void this.#clean(), CLEANING_MS)
    this.#loop = this.#run()
  }

  /** Claims nothing more and begins nothing more; resolves when all that was begun has ended. */
  async finish(): Promise<void> {
    this.#isStopping = true
    this.#unsubscribe()
    clearInterval(this.#cleaning)
    for (const lane of this.#lanes.values()) lane.stop()
    this.#wake()
    await this.#loop
    while (this.#lanes.size > 0) await this.#rest(1_000)
  }

  /** Gives back what was claimed and not begun. After `finish`. */
  async release(): Promise<void> {
    clearInterval(this.#renewing)
    await Promise.allSettled([...this.#leases].map((lease) => lease.release()))
  }

  async #run(): Promise<void> {
    let failures = 0
    let hasTakenOver = false
    while (!this.#isStopping) {
      try {
        if (!hasTakenOver) await this.#takeOver()
        hasTakenOver = true
        const restMs = await this.#round()
        failures = 0
        if (restMs > 0) await this.#rest(restMs)
      } catch (error) {
        failures += 1
        const isAway = error instanceof StoreUnavailable
        if (failures === 1 || !isAway) {
          this.#context.log[isAway ? 'warn' : 'error']('delivery.claim.failed', { error })
        }
        await this.#rest(Math.min(500 * failures, 5_000))
      }
    }
  }

  /** What a killed process of this machine still holds need not wait for its lease to run out. */
  async #takeOver(): Promise<void> {
    const { queue, log } = this.#context
    for (const worker of await queue.workers()) {
      if (!isKnownDead(worker)) continue
      const recipients = await queue.abandon(worker)
      log.warn('delivery.worker.dead', { worker, recipients })
    }
  }

  /** Claims once; how long to rest after it. */
  async #round(): Promise<number> {
    const { queue, limits } = this.#context
    this.#isWoken = false
    const busy = [...this.#lanes.values()].filter((lane) => !lane.isIdle)
    this.#hangUp(this.#lanes.size - busy.length - limits.destinations)
    const room = limits.destinations - busy.length
    this.#isFull = room <= 0
    // Without room only lanes that run low are claimed for; the queue does not tell them from new
    // destinations, so one of those may come along.
    const except = busy.filter((lane) => lane.backlog >= limits.lowWater)
    if (this.#isFull && except.length === busy.length) return limits.pollMs
    const served = except.map(({ destination }) => destination)
    const askedAt = performance.now()
    const claim = await queue.claim({
      worker: this.#name,
      destinations: Math.max(1, room),
      perDestination: limits.perDestination,
      except: served,
      leaseSeconds: limits.leaseSeconds,
    })
    if (claim.messages.length > 0) {
      this.#hand(claim, askedAt)
      return 0
    }
    const dueMs = await queue.nextDueMs(served)
    return Math.max(SHORTEST_REST_MS, Math.min(dueMs ?? limits.pollMs, limits.pollMs))
  }

  #hand(claim: Claim, askedAt: number): void {
    const { queue, limits, log } = this.#context
    const { token, messages } = claim
    const lease = new Lease(queue, token, limits.leaseSeconds, askedAt)
    this.#leases.add(lease)
    const jobs = messages.map((message) => new Job(message, lease))
    // Claimed while we were told to stop: given back by `release`.
    if (this.#isStopping) return
    const byDestination = Map.groupBy(jobs, ({ message }) => message.destination)
    for (const [destination, group] of byDestination) {
      log.debug('delivery.claimed', { destination, messages: group.length })
      this.#laneOf(destination).add(group)
    }
  }

  #laneOf(destination: string): Lane {
    const there = this.#lanes.get(destination)
    if (there !== undefined) return there
    const lane = new Lane(destination, {
      ...this.#context,
      onRoom: (each, why) => this.#onRoom(each, why),
    })
    this.#lanes.set(destination, lane)
    return lane
  }

  #onRoom(lane: Lane, why: 'low' | 'idle'): void {
    if (lane.hasEnded) this.#lanes.delete(lane.destination)
    if (why === 'low' || this.#isFull || this.#isStopping) this.#wake()
  }

  /** Ends the connections of the lanes that have been idle longest. */
  #hangUp(count: number): void {
    if (count <= 0) return
    const idle = [...this.#lanes.values()].filter((lane) => lane.isIdle)
    for (const lane of idle.slice(0, count)) lane.hangUp()
  }

  /** Leases that have nothing open are forgotten; a failure to renew leaves the hold as it was. */
  async #renew(): Promise<void> {
    for (const lease of this.#leases) {
      if (!lease.isOpen) this.#leases.delete(lease)
      else {
        await lease.renew().catch((error: unknown) => {
          this.#context.log.warn('delivery.renew.failed', { error })
        })
      }
    }
  }

  /** Finished messages are kept for people to look at, for a while. */
  async #clean(): Promise<void> {
    try {
      const count = await this.#context.queue.purge(KEPT_SECONDS)
      if (count > 0) this.#context.log.info('delivery.purged', { messages: count })
    } catch (error) {
      this.#context.log.warn('delivery.purge.failed', { error })
    }
  }

  #wake(): void {
    this.#isWoken = true
    this.#wakeUp?.()
  }

  async #rest(ms: number): Promise<void> {
    if (this.#isWoken) {
      this.#isWoken = false
      return
    }
    const woken = Promise.withResolvers<void>()
    const timer = setTimeout(woken.resolve, ms)
    this.#wakeUp = woken.resolve
    await woken.promise
    this.#wakeUp = undefined
    clearTimeout(timer)
  }
}

/** The store takes at most 1,000 messages at a time: 10,000 an hour. */
const CLEANING_MS = 6 * 60_000
const KEPT_SECONDS = 7 * 86_400
/** Something may be due that another worker holds: it is not asked for without end. */
const SHORTEST_REST_MS = 100
