import type { RecipientOutcome } from '@posthouse/smtp'
import type { ClaimedMessage } from '@posthouse/store'
import type { Job } from './job.ts'
import { nobody } from './judgement.ts'
import { Lane, type LaneContext } from './lane.ts'
import { type GroupContext, groupOf, type Grouped } from './pace/route-group.ts'
import type { RouteBook } from './routes/route-book.ts'
import { securityNeedOf } from './tls/security-need.ts'

/** What all lanes together need. */
export type LanesContext = Omit<LaneContext, 'onRoom'> &
  GroupContext & { readonly relays: RouteBook; readonly onRoom: () => void }

/**
 * The lanes of a worker. Jobs come by destination; each destination's hosts are looked up by themselves, so that a slow name
 * server costs nobody else, and the jobs go into the lane of those hosts. Lanes that are stuck do not count as busy: what is
 * slow shall not keep away what is not.
 */
export class Lanes {
  readonly #context: LanesContext
  readonly #lanes = new Map<string, Lane>()
  /** By destination, while the lane lives. */
  readonly #serving = new Map<string, Set<Lane>>()
  /** Jobs whose hosts are being looked up, by destination. */
  readonly #routing = new Map<string, number>()
  #isFull = false
  #isStopped = false

  constructor(context: LanesContext) {
    this.#context = context
  }

  /** Nothing is under way. */
  get isEmpty(): boolean {
    return this.#lanes.size === 0 && this.#routing.size === 0
  }

  /** For how many new destinations there is room. */
  get room(): number {
    const { destinations, lanes } = this.#context.limits
    const all = [...this.#lanes.values()]
    const busy = all.filter((lane) => !lane.isIdle)
    this.#hangUp(all.length - busy.length - destinations)
    const moving = busy.filter((lane) => !lane.isStuck).length
    const room = Math.min(destinations - moving, lanes - busy.length - this.#routing.size)
    this.#isFull = room <= 0
    return Math.max(0, room)
  }

  /** Destinations to claim nothing for: enough waits for them, or their hosts are being looked up. */
  get sated(): readonly string[] {
    const { lowWater } = this.#context.limits
    const sated = [...this.#serving].filter(([, lanes]) =>
      [...lanes].some(({ backlog }) => backlog.size >= lowWater),
    )
    return [...sated.map(([destination]) => destination), ...this.#routing.keys()]
  }

  /** Busy destinations that may be claimed for: little waits for them. */
  get hungry(): readonly string[] {
    const { lowWater } = this.#context.limits
    const hungry = [...this.#serving].filter(
      ([destination, lanes]) =>
        !this.#routing.has(destination) &&
        [...lanes].every(({ backlog }) => backlog.size < lowWater) &&
        [...lanes].some((lane) => !lane.isIdle && !lane.isStuck),
    )
    return hungry.map(([destination]) => destination)
  }

  /** The last look found no room. */
  get isWaitedFor(): boolean {
    return this.#isFull
  }

  /** Takes what was claimed. */
  hand(jobs: readonly Job[]): void {
    const { relays } = this.#context
    const groups = Map.groupBy(jobs, ({ message }) => {
      return `${groupName(message)} ${relays.relayFor(message)?.id ?? ''}`
    })
    for (const group of groups.values()) void this.#route(group)
  }

  /** Begins nothing more. */
  stop(): void {
    this.#isStopped = true
    for (const lane of this.#lanes.values()) lane.stop()
  }

  /** Lets nothing be held for longer than its share. */
  tidy(): void {
    const { isShort } = this.#context.contents
    for (const lane of this.#lanes.values()) lane.tidy(isShort)
  }

  /** A destination's jobs of one security need and one relay. */
  async #route(jobs: readonly Job[]): Promise<void> {
    const [first] = jobs
    if (first === undefined) return
    const { destination } = first.message
    this.#routing.set(destination, (this.#routing.get(destination) ?? 0) + 1)
    try {
      const relay = this.#context.relays.relayFor(first.message)
      const need = securityNeedOf(first.message)
      const grouped = await groupOf(destination, need, this.#context, relay)
      if (!this.#isStopped) this.#place(jobs, grouped)
    } catch (error) {
      this.#context.log.error('delivery.route.failed', { destination, error })
      for (const job of jobs) this.#context.ends.drop(job)
    } finally {
      const left = (this.#routing.get(destination) ?? 1) - 1
      if (left > 0) this.#routing.set(destination, left)
      else this.#routing.delete(destination)
      this.#context.onRoom()
    }
  }

  #place(jobs: readonly Job[], grouped: Grouped): void {
    const { ends, log } = this.#context
    const [destination = ''] = jobs.map(({ message }) => message.destination)
    if (grouped.kind !== 'group') {
      const outcome: RecipientOutcome =
        grouped.kind === 'nowhere'
          ? { kind: 'bounced', reply: grouped.reply, local: true }
          : { kind: 'deferred', because: grouped.because, reply: grouped.reply }
      for (const job of jobs) ends.end(job, outcome, nobody)
      return
    }
    const { group } = grouped
    log.debug('delivery.claimed', { destination, lane: group.key, messages: jobs.length })
    const lane = this.#laneOf(group.key, () => new Lane(group, this.#laneContext))
    const lanes = this.#serving.get(destination)
    if (lanes === undefined) this.#serving.set(destination, new Set([lane]))
    else lanes.add(lane)
    lane.add(jobs, group)
  }

  get #laneContext(): LaneContext {
    return { ...this.#context, onRoom: (lane, why) => this.#onRoom(lane, why) }
  }

  #laneOf(key: string, make: () => Lane): Lane {
    const there = this.#lanes.get(key)
    if (there !== undefined) return there
    const lane = make()
    this.#lanes.set(key, lane)
    return lane
  }

  #onRoom(lane: Lane, why: 'low' | 'idle'): void {
    if (lane.hasEnded) this.#remove(lane)
    if (why === 'low' || this.#isFull || this.#isStopped) this.#context.onRoom()
  }

  #remove(lane: Lane): void {
    if (this.#lanes.get(lane.key) === lane) this.#lanes.delete(lane.key)
    for (const [destination, lanes] of this.#serving) {
      lanes.delete(lane)
      if (lanes.size === 0) this.#serving.delete(destination)
    }
  }

  /** Ends the connections of the lanes that have been idle longest. */
  #hangUp(count: number): void {
    if (count <= 0) return
    const idle = [...this.#lanes.values()].filter((lane) => lane.isIdle)
    for (const lane of idle.slice(0, count)) lane.hangUp()
  }
}

function groupName(message: ClaimedMessage): string {
  return `${securityNeedOf(message)} ${message.destination}`
}
