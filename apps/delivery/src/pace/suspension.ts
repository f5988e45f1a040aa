import type { PaceReason, PaceState } from '@posthouse/store'
import type { PaceLimits } from './pace-limits.ts'

/** What of a suspension outlives the process. */
export type KnownSuspension = Pick<
  PaceState,
  'suspendedUntil' | 'suspendedSince' | 'suspensions' | 'isResigned' | 'because'
>

/** No suspension. */
export const unsuspended: KnownSuspension = {
  suspendedUntil: undefined,
  suspendedSince: undefined,
  suspensions: 0,
  isResigned: false,
  because: undefined,
}

/**
 * The times in which a provider is left alone: 5 minutes, 10, 20 and so on up to two hours, each ended by one message that goes
 * ahead of the others to find out. Senders are not made to pay for our standing at once, and not left waiting without end: who
 * refuses us for a day is taken at his word, and what he refuses is refused (`isResigned`) until he takes something again.
 */
export class Suspension {
  readonly #limits: PaceLimits
  #known: KnownSuspension
  #begunAt = -Infinity
  #probeUntil: number | undefined

  constructor(limits: PaceLimits, known: KnownSuspension = unsuspended) {
    this.#limits = limits
    this.#known = known
  }

  get known(): KnownSuspension {
    return this.#known
  }

  /** What was begun before this says nothing about now. */
  get begunAt(): number {
    return this.#begunAt
  }

  /** Nobody is asked before this time; undefined: not suspended. */
  get until(): number | undefined {
    return this.#known.suspendedUntil?.getTime()
  }

  /** A message is on its way to find out. */
  isProbing(now: number): boolean {
    return this.#probeUntil !== undefined && now < this.#probeUntil
  }

  /** Begins one, or goes on with one after a message that found out that nothing has changed. */
  begin(because: PaceReason, now: number): void {
    const { suspensionMs, longestSuspensionMs, patienceMs } = this.#limits
    const since = this.#known.suspendedSince ?? new Date(now)
    this.#probeUntil = undefined
    if (because === 'reputation' && now - since.getTime() >= patienceMs) {
      this.#known = { ...unsuspended, suspendedSince: since, isResigned: true, because }
      return
    }
    const suspensions = this.#known.suspensions + 1
    const ms = Math.min(suspensionMs * 2 ** (suspensions - 1), longestSuspensionMs)
    this.#begunAt = now
    this.#known = {
      suspendedUntil: new Date(now + ms),
      suspendedSince: since,
      suspensions,
      isResigned: false,
      because,
    }
  }

  /** The message goes out; its answer counts until `holdMs` from now. */
  probe(now: number): void {
    this.#probeUntil = now + this.#limits.probeHoldMs
    this.#begunAt = now
  }

  /** It never went. Somebody else may try, now or later. */
  postpone(until: number): void {
    this.#probeUntil = undefined
    if (this.#known.suspendedUntil === undefined) return
    this.#known = { ...this.#known, suspendedUntil: new Date(until) }
  }

  /** All is well again. */
  end(): void {
    this.#probeUntil = undefined
    this.#known = unsuspended
  }

  /** Takes over what another worker, or an operator, did. */
  adopt(known: KnownSuspension, now: number): void {
    const { suspendedUntil, suspendedSince, suspensions, isResigned, because } = known
    if (suspendedUntil === undefined) this.#probeUntil = undefined
    else if (this.until === undefined) this.#begunAt = now
    this.#known = { suspendedUntil, suspendedSince, suspensions, isResigned, because }
  }
}
