import { type Claim, type Queue, StoreUnavailable } from '@posthouse/store'
import type { HereDelivery } from './here/here-delivery.ts'
import { Job } from './job.ts'
import { nobody } from './judgement.ts'
import { Lanes, type LanesContext } from './lanes.ts'
import { Lease } from './lease.ts'
import { suppressedReply } from './own-refusals.ts'
import { isKnownDead } from './worker-name.ts'

/** What a worker needs beside what its lanes need. */
export interface WorkerContext extends Omit<LanesContext, 'onRoom'> {
  readonly queue: Queue
  readonly here: HereDelivery
  /** Its name (`workerName`). */
  readonly name: string
}

/**
 * Serves the outbound queue: claims what is due, a batch per destination, hands it to the lanes,
 * keeps the leases, and sleeps until the queue has something again.
 */
export class Worker {
  readonly #context: WorkerContext
  readonly #lanes: Lanes
  readonly #leases = new Set<Lease>()
  readonly #unsubscribe: () => void
  readonly #timers: readonly NodeJS.Timeout[]
  readonly #renewing: NodeJS.Timeout
  readonly #loop: Promise<void>
  readonly #stopping = Promise.withResolvers<void>()
  #isStopping = false
  #isWoken = false
  #wakeUp: (() => void) | undefined

  constructor(context: WorkerContext) {
    this.#context = context
    this.#lanes = new Lanes({ ...context, onRoom: () => this.#wake() })
    context.here.onRoom = () => this.#wake()
    this.#unsubscribe = context.queue.onWork(() => this.#wake())
    const { leaseSeconds, stuckMs } = context.limits
    this.#renewing = setInterval(() => void this.#renew(), (leaseSeconds * 1000) / 3)
    this.#timers = [
      setInterval(() => void this.#clean(), CLEANING_MS),
      // Also: a lane that has got stuck makes room.
      setInterval(() => this.#tidy(), stuckMs / 2),
    ]
    this.#loop = this.#run()
  }

  /** Claims nothing more and begins nothing more; resolves when all that was begun has ended. */
  async finish(): Promise<void> {
    this.#isStopping = true
    this.#stopping.resolve()
    this.#unsubscribe()
    for (const timer of this.#timers) clearInterval(timer)
    this.#lanes.stop()
    this.#context.here.stop()
    this.#context.paces.stop()
    this.#wake()
    await this.#loop
    while (!this.#lanes.isEmpty) await this.#rest(1_000)
  }

  /** Gives back what was claimed and not begun. After `finish`. */
  async release(): Promise<void> {
    clearInterval(this.#renewing)
    await Promise.allSettled([...this.#leases].map((lease) => lease.release()))
  }

  async #run(): Promise<void> {
    let failures = 0
    let isReady = false
    while (!this.#isStopping) {
      try {
        if (!isReady) await this.#getReady()
        isReady = true
        if (this.#isStopping) return
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

  /**
   * Until it is known which mail goes through which relay, nothing is claimed. What a killed process of this machine still holds
   * need not wait for its lease to run out.
   */
  async #getReady(): Promise<void> {
    const { queue, log, paces, relays } = this.#context
    await Promise.race([relays.ready(), this.#stopping.promise])
    await paces.load()
    for (const worker of await queue.workers()) {
      if (!isKnownDead(worker)) continue
      const recipients = await queue.abandon(worker)
      log.warn('delivery.worker.dead', { worker, recipients })
    }
  }

  /** Claims once; how long to rest after it. */
  async #round(): Promise<number> {
    const { queue, limits, name, here } = this.#context
    this.#isWoken = false
    const { room } = this.#lanes
    // Without room only for destinations that run low.
    const hungry = room > 0 ? undefined : this.#lanes.hungry
    if (hungry?.length === 0) return limits.pollMs
    const except = [...this.#lanes.sated, ...here.sated]
    const askedAt = performance.now()
    const claim = await queue.claim({
      worker: name,
      destinations: hungry?.length ?? room,
      perDestination: limits.perDestination,
      except,
      ...(hungry === undefined ? {} : { only: hungry }),
      leaseSeconds: limits.leaseSeconds,
    })
    if (claim.messages.length + claim.suppressed.length > 0) {
      await this.#hand(claim, askedAt)
      return 0
    }
    const dueMs = hungry === undefined ? await queue.nextDueMs(except) : undefined
    return Math.max(SHORTEST_REST_MS, Math.min(dueMs ?? limits.pollMs, limits.pollMs))
  }

  async #hand({ token, messages, suppressed }: Claim, askedAt: number): Promise<void> {
    const { queue, limits } = this.#context
    const lease = new Lease(queue, token, limits.leaseSeconds, askedAt)
    this.#leases.add(lease)
    const jobs = messages.map((message) => new Job(message, lease))
    const unwanted = suppressed.map((message) => new Job(message, lease))
    // Claimed while we were told to stop: given back by `release`.
    if (this.#isStopping) return
    for (const job of unwanted) this.#refuse(job)
    const away = await this.#context.here.serve(jobs)
    // Told to stop meanwhile: given back, too.
    if (!this.#isStopping) this.#lanes.hand(away)
  }

  /** Nothing is sent to these recipients. */
  #refuse(job: Job): void {
    const outcomes = job.message.recipients.map((recipient) => ({
      recipient,
      outcome: {
        kind: 'bounced',
        reply: suppressedReply(recipient.suppressed ?? 'it is suppressed'),
        local: true,
      } as const,
    }))
    this.#context.ends.finish(job, { outcomes, isReusable: true }, nobody)
  }

  #tidy(): void {
    this.#lanes.tidy()
    if (this.#lanes.isWaitedFor) this.#wake()
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

  /** Finished messages are kept for people to look at, for a while; so is the pace of providers. */
  async #clean(): Promise<void> {
    const { queue, log, paces } = this.#context
    try {
      const count = await queue.purge(KEPT_SECONDS)
      if (count > 0) log.info('delivery.purged', { messages: count })
      await paces.purge()
    } catch (error) {
      log.warn('delivery.purge.failed', { error })
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
