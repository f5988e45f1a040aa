import type { PaceNote, PaceReason, PaceRecord, PaceState, RemoteReply } from '@posthouse/store'
import { Allowance } from './allowance.ts'
import { type Complaint, type Meaning, reasonOf } from './answer-meaning.ts'
import { ConnectionGate } from './connection-gate.ts'
import { LearntLimits } from './learnt-limits.ts'
import type { PaceLimits } from './pace-limits.ts'
import { Streaks } from './streaks.ts'
import { type KnownSuspension, Suspension } from './suspension.ts'

/** What a message for a provider may do now. */
export type Turn =
  | { readonly kind: 'go' }
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'suspended'; readonly ms: number }
  /** One message may go and find out, if no other worker's does. */
  | { readonly kind: 'probe' }

/** Whose pace it is. */
export interface PaceKey {
  readonly provider: string
  readonly source: string
  /** A host of our own network, or a relay: our address needs no reputation there. */
  readonly isHouse: boolean
}

/** What a change of pace is told to. */
export type PaceListener = (what: 'slowed' | 'suspended' | 'resumed', pace: ProviderPace) => void

/**
 * The pace of one provider: what its answers make of it. Times are milliseconds of the wall clock, because they are kept. What
 * was begun before the last cut or suspension is about what led to it, and is not counted again.
 */
export class ProviderPace {
  readonly key: PaceKey
  readonly gate: ConnectionGate
  readonly learnt: LearntLimits
  /** Destinations whose mail went back into the queue to wait. */
  readonly kept = new Set<string>()
  readonly #limits: PaceLimits
  readonly #listener: PaceListener
  readonly #allowance: Allowance
  readonly #suspension: Suspension
  readonly #streaks: Streaks
  #last: PaceState['last']
  #cutAt = -Infinity
  #changedAt = -Infinity
  #delivered = 0
  #isDirty = false

  constructor(
    key: PaceKey,
    limits: PaceLimits,
    listener: PaceListener,
    { now, record }: { readonly now: number; readonly record?: PaceRecord },
  ) {
    this.key = key
    this.#limits = limits
    this.#streaks = new Streaks(limits)
    this.#listener = listener
    const isHouse = key.isHouse
    const idleMs = record === undefined ? 0 : Math.max(0, now - record.changedAt.getTime())
    this.#allowance = new Allowance(
      limits,
      now,
      record === undefined ? { isHouse } : { isHouse, known: record, idleMs },
    )
    this.#suspension = new Suspension(limits)
    if (record !== undefined) this.#suspension.adopt(record, -Infinity)
    this.#last = record?.last
    this.learnt = new LearntLimits(record)
    this.gate = new ConnectionGate(() => this.#allowance.connections)
  }

  /** Whether, why and until when it is left alone. */
  get suspension(): KnownSuspension {
    return this.#suspension.known
  }

  /** Why it was last left alone or slowed down, in the host's words. */
  get lastWords(): RemoteReply | undefined {
    return this.#last
  }

  /** Nothing is known of it that must not be forgotten. */
  isForgettable(now: number): boolean {
    return this.#suspension.until === undefined && this.#allowance.wait(now) === 0 && !this.#isDirty
  }

  /** Nobody is to be asked now. */
  isSuspended(now: number): boolean {
    const { until } = this.#suspension
    return until !== undefined && now < until && !this.#suspension.isProbing(now)
  }

  /** Whether a message may go now. Takes nothing. */
  turn(now: number): Turn {
    const { until } = this.#suspension
    if (until !== undefined) {
      if (this.#suspension.isProbing(now)) return { kind: 'wait', ms: PROBE_LOOK_MS }
      return now < until ? { kind: 'suspended', ms: until - now } : { kind: 'probe' }
    }
    const ms = this.#allowance.wait(now)
    return ms === 0 ? { kind: 'go' } : { kind: 'wait', ms }
  }

  /** A message goes. */
  begin(): void {
    this.#allowance.take()
  }

  /** The message that finds out goes, or another worker's does: then it is waited for. */
  probe(isOurs: boolean, now: number): void {
    if (isOurs) this.#suspension.probe(now)
    else this.#suspension.postpone(now + Math.min(OTHERS_PROBE_MS, this.#limits.suspensionMs))
  }

  /** The message that was to find out was not sent. */
  probeLost(now: number): void {
    if (this.#suspension.isProbing(now)) this.#suspension.postpone(now)
  }

  /** What came of a message that was begun at `begunAt`. */
  answered(meaning: Meaning, host: string | undefined, at: { begunAt: number; now: number }): void {
    const { now, begunAt } = at
    if (meaning.kind === 'taken') this.#delivered += 1
    if (begunAt < this.#suspension.begunAt) return
    if (meaning.kind === 'taken' || meaning.kind === 'heard') this.#heard(meaning, now)
    else {
      this.#note(meaning, host, now)
      this.#complained(meaning, at)
    }
  }

  /** Takes over what another worker, or an operator, wrote; not while we have found something out ourselves. */
  adopt(record: PaceRecord, now: number): void {
    if (record.worker !== '' && now - this.#changedAt < OWN_WORD_MS) return
    const wasSuspended = this.#suspension.until !== undefined
    this.#allowance.adopt(record, now)
    this.#suspension.adopt(record, now)
    this.learnt.adopt(record)
    this.#last = record.last
    if (wasSuspended && record.suspendedUntil === undefined) this.#resume()
    this.gate.admit()
  }

  /** So many workers send from this address. */
  share(workers: number, now: number): void {
    this.#allowance.share(workers, now)
    this.gate.admit()
  }

  /** What is to be kept, where something changed since it was last asked. */
  takeNote(): PaceNote | undefined {
    if (!this.#isDirty && this.#delivered === 0 && !this.learnt.isNew) return undefined
    const { provider, source } = this.key
    const state: PaceState = {
      provider,
      source,
      ...this.#allowance.known,
      ...this.#suspension.known,
      ...this.learnt.take(),
      last: this.#last,
    }
    const note = { state, delivered: this.#delivered }
    this.#isDirty = false
    this.#delivered = 0
    return note
  }

  /** The note was not kept: it is given again. */
  giveBack(note: PaceNote): void {
    this.#isDirty = true
    this.#delivered += note.delivered
  }

  #heard(meaning: Meaning, now: number): void {
    this.#streaks.clear()
    if (meaning.kind === 'taken') this.#allowance.taken(now)
    const { until, known } = this.#suspension
    if (until !== undefined || (known.isResigned && meaning.kind === 'taken')) {
      this.#suspension.end()
      this.#changed(now)
      this.#resume()
    }
    this.gate.admit()
  }

  #complained(complaint: Complaint, { begunAt, now }: { begunAt: number; now: number }): void {
    const because = reasonOf(complaint)
    const { until, known } = this.#suspension
    const isSlower = complaint.kind === 'slower'
    if (until === undefined && isSlower) {
      if (begunAt < this.#cutAt) return
      this.#cutAt = now
      this.#allowance.cut(now)
      this.#changed(now)
    }
    // One message was to find out; or it is enough. Who refuses us for good goes on to be asked.
    const isEnough = this.#streaks.add(complaint.kind)
    const isMeant = complaint.kind === 'unwanted' && known.isResigned
    if (until !== undefined || (isEnough && !isMeant)) this.#suspend(because, now)
    else if (isSlower) this.#listener('slowed', this)
  }

  #suspend(because: PaceReason, now: number): void {
    this.#streaks.clear()
    this.#suspension.begin(because, now)
    this.#allowance.narrow()
    this.#changed(now)
    if (this.#suspension.until === undefined) this.#resume()
    else this.#listener('suspended', this)
  }

  #resume(): void {
    this.#streaks.clear()
    this.#listener('resumed', this)
    this.kept.clear()
  }

  #note(meaning: Complaint, host: string | undefined, now: number): void {
    const { reply } = meaning
    const text = meaning.kind === 'trouble' ? meaning.text : meaning.reply.text
    this.#last = { at: new Date(now), host, code: reply?.code, enhanced: reply?.enhanced, text }
  }

  #changed(now: number): void {
    this.#isDirty = true
    this.#changedAt = now
  }
}

/** While a message is on its way to find out, the others look this often whether it has. */
const PROBE_LOOK_MS = 1_000
/** Another worker's message finds out: its word is waited for. */
const OTHERS_PROBE_MS = 60_000
/** What we found out ourselves a moment ago is newer than what is read. */
const OWN_WORD_MS = 15_000
