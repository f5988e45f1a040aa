import type { PaceState } from '@posthouse/store'
import type { PaceLimits } from './pace-limits.ts'
import { RateLimit } from './rate-limit.ts'

/** What of an allowance outlives the process. */
export type KnownAllowance = Pick<PaceState, 'connections' | 'rate' | 'ramp' | 'rampAt'>

/**
 * How many connections and how many messages a minute a provider gets from us. Connections begin with one and grow by one for
 * each round of messages that was taken (as TCP's window does); a complaint halves them, and makes a rate of half of what went
 * lately. A rate grows back with time, and in the end is none. Beside it stands the ramp of an address that is new there.
 */
export class Allowance {
  readonly #limits: PaceLimits
  #connections: number
  #rate: RateLimit | undefined
  #perMinute: number | undefined
  #grownAt: number
  #ramp: RateLimit | undefined
  #rampPerMinute: number | undefined
  #rampAt: number
  /** Among how many workers it is shared. */
  #workers = 1
  /** Since the last cut. */
  #isTaken = false
  readonly #lately = { at: 0, count: 0, before: 0 }

  /** `known` with the seconds since it was written; without it the provider is new. `isHouse`: it is ours, and needs no ramp. */
  constructor(
    limits: PaceLimits,
    now: number,
    { known, idleMs = 0, isHouse }: { known?: KnownAllowance; idleMs?: number; isHouse: boolean },
  ) {
    this.#limits = limits
    this.#connections = Math.min(known?.connections ?? 1, limits.connections)
    this.#grownAt = now
    this.#perMinute = known?.rate
    this.#rampPerMinute = isHouse ? undefined : known === undefined ? limits.ramp : known.ramp
    this.#rampAt = known?.rampAt.getTime() ?? now
    if (this.#rampPerMinute !== undefined) {
      // What a process before us sent counts: a restart is no new burst.
      const tokens =
        known === undefined ? limits.rampBurst : (idleMs / 60_000) * this.#rampPerMinute
      this.#ramp = new RateLimit(this.#rampPerMinute, limits.rampBurst, now, tokens)
    }
    this.#setRate(now)
  }

  /** Connections at once, never less than one. */
  get connections(): number {
    return Math.max(1, Math.floor(this.#connections / this.#workers))
  }

  /** What is to be kept of it. */
  get known(): KnownAllowance {
    return {
      connections: this.#connections,
      rate: this.#perMinute,
      ramp: this.#rampPerMinute,
      rampAt: new Date(this.#rampAt),
    }
  }

  /** Milliseconds until a message may go; 0: now. */
  wait(now: number): number {
    this.#grow(now)
    return Math.max(this.#rate?.wait(now) ?? 0, this.#ramp?.wait(now) ?? 0)
  }

  /** A message goes; only when `wait` is 0. */
  take(): void {
    this.#rate?.take()
    this.#ramp?.take()
  }

  /** A message was taken. */
  taken(now: number): void {
    const { connections, rampEveryMs, rampTop } = this.#limits
    this.#connections = Math.min(connections, this.#connections + 1 / this.#connections)
    this.#count(now)
    this.#isTaken = true
    if (this.#rampPerMinute === undefined || now - this.#rampAt < rampEveryMs) return
    const doubled = this.#rampPerMinute * 2
    this.#rampPerMinute = doubled < rampTop ? doubled : undefined
    this.#rampAt = now
    this.#setRamp(now)
  }

  /** Half as much from now on. */
  cut(now: number): void {
    this.#grow(now)
    const { lowestRate } = this.#limits
    // Where nothing was taken since the last time, nothing was learnt about the rate either.
    if (this.#perMinute === undefined || this.#isTaken) {
      const before = this.#perMinute ?? Math.max(this.#perMinuteLately(now), FIRST_RATE)
      this.#perMinute = Math.max(lowestRate, before / 2)
    }
    this.#isTaken = false
    this.#connections = Math.max(1, this.#connections / 2)
    this.#grownAt = now
    this.#rampAt = now
    this.#setRate(now)
  }

  /** One connection, to begin with. */
  narrow(): void {
    this.#connections = 1
  }

  /** Takes over what another worker found. */
  adopt(known: KnownAllowance, now: number): void {
    this.#connections = Math.min(known.connections, this.#limits.connections)
    this.#perMinute = known.rate
    this.#grownAt = now
    if (this.#rampPerMinute !== undefined) this.#rampPerMinute = known.ramp
    this.#rampAt = known.rampAt.getTime()
    this.#setRate(now)
    this.#setRamp(now)
  }

  /** So many workers share it. */
  share(workers: number, now: number): void {
    const before = this.#workers
    this.#workers = Math.max(1, workers)
    if (this.#workers === before) return
    this.#setRate(now)
    this.#setRamp(now)
  }

  #grow(now: number): void {
    if (this.#perMinute === undefined) return
    const spans = Math.floor((now - this.#grownAt) / this.#limits.recoveryMs)
    if (spans <= 0) return
    const grown = this.#perMinute * RECOVERY ** spans
    this.#grownAt += spans * this.#limits.recoveryMs
    this.#perMinute = grown < this.#limits.rateTop ? grown : undefined
    this.#setRate(now)
  }

  #setRate(now: number): void {
    if (this.#perMinute === undefined) {
      this.#rate = undefined
      return
    }
    const rate = this.#perMinute / this.#workers
    const burst = Math.max(1, rate / BURSTS)
    if (this.#rate === undefined) this.#rate = new RateLimit(rate, burst, now)
    else this.#rate.set(rate, burst, now)
  }

  #setRamp(now: number): void {
    if (this.#rampPerMinute === undefined) this.#ramp = undefined
    else {
      const burst = Math.max(1, this.#limits.rampBurst / this.#workers)
      this.#ramp?.set(this.#rampPerMinute / this.#workers, burst, now)
    }
  }

  #count(now: number): void {
    this.#roll(now)
    this.#lately.count += 1
  }

  #perMinuteLately(now: number): number {
    this.#roll(now)
    const part = (now - this.#lately.at) / 60_000
    return this.#lately.count + this.#lately.before * (1 - part)
  }

  #roll(now: number): void {
    const lately = this.#lately
    if (now - lately.at < 60_000) return
    lately.before = now - lately.at < 120_000 ? lately.count : 0
    lately.count = 0
    lately.at = now
  }
}

/** What is halved where nothing went lately. */
const FIRST_RATE = 120
const RECOVERY = 1.25
/** A burst is what goes in this part of a minute: ten seconds. */
const BURSTS = 6
