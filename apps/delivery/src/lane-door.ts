import type { Peer } from './judgement.ts'
import type { Lane, LaneContext } from './lane.ts'
import type { Unreached } from './opening-failures.ts'
import { meaningOf } from './pace/answer-meaning.ts'
import type { Permit, Permits } from './pace/permits.ts'
import type { Hop } from './route.ts'
import { openSession, type Session } from './session-opener.ts'

/** Opens a lane's connections, and ends its jobs where none can be had. */
export class LaneDoor {
  readonly #lane: Lane
  readonly #context: LaneContext
  readonly #permits: Permits
  /** Addresses whose connection broke in this run. */
  readonly #broken = new Set<string>()

  constructor(lane: Lane, context: LaneContext, permits: Permits) {
    this.#lane = lane
    this.#context = context
    this.#permits = permits
  }

  /** A new run: what broke before may be whole again. */
  forget(): void {
    this.#broken.clear()
  }

  /**
   * A connection broke before its message was taken. One that had served before was merely too old; of one that had not, the
   * address is left out from now on. False when there is no other.
   */
  broke({ hop, sent }: Session): boolean {
    if (sent > 0) return true
    this.#broken.add(hop.address)
    return this.#unbroken().length > 0
  }

  /** A session; undefined when none can be had, which ends the lane's jobs unless another session serves them. */
  async open(permit: Permit): Promise<Session | undefined> {
    const { recorder, dead, ends, paces } = this.#context
    const { key, group, backlog, isConnected } = this.#lane
    await recorder.ready()
    const death = dead.recall(key)
    if (death !== undefined && !isConnected) {
      this.#permits.unused(permit)
      for (const job of backlog.remove()) ends.end(job, death.outcome, death.peer)
      return undefined
    }
    const begunAt = paces.now()
    const unbroken = this.#unbroken()
    // When every address had a broken connection, all are tried again.
    const hops = unbroken.length > 0 ? unbroken : group.hops
    const opened = await openSession(hops, group.need, this.#context, group.domain)
    if (opened.kind === 'session') return opened.session
    if (this.#lane.isStopped) this.#permits.unused(permit)
    else this.#unreached(opened, permit, begunAt)
    return undefined
  }

  /**
   * No connection. What a host said in its greeting, against us or about its load, is said to one message, and what follows is
   * the pace's; a host that is not there, or takes no mail at all (RFC 7504), is so for all of them.
   */
  #unreached({ outcome, host }: Unreached, permit: Permit, begunAt: number): void {
    const { dead, ends, paces } = this.#context
    const { backlog, group, key } = this.#lane
    const peer: Peer = { host, sendsReports: false }
    const meaning = meaningOf([outcome], host)
    const isAnswer = 'reply' in outcome && outcome.reply !== undefined && meaning.kind !== 'heard'
    if (isAnswer || permit === 'probe') {
      group.pace.answered(meaning, host, { begunAt, now: paces.now() })
    }
    if (this.#lane.isConnected) return
    if (!isAnswer) dead.remember(key, { outcome, peer })
    const first = backlog.take()
    const others = isAnswer ? [] : backlog.remove()
    for (const job of first === undefined ? [] : [first, ...others]) ends.end(job, outcome, peer)
    this.#lane.progress()
  }

  #unbroken(): readonly Hop[] {
    return this.#lane.group.hops.filter(({ address }) => !this.#broken.has(address))
  }
}
