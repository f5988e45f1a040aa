import type { Pace, PaceNote, PaceRecord } from '@posthouse/store'
import type { Log } from '@posthouse/telemetry'
import type { PaceLimits } from './pace-limits.ts'
import { type PaceKey, type PaceListener, ProviderPace } from './provider-pace.ts'
import { SourceAddresses } from './source-address.ts'

/** What the book needs. */
export interface PaceBookContext {
  readonly store: Pace
  /** The worker's name. */
  readonly worker: string
  readonly limits: PaceLimits
  readonly log: Log
  /** An operator wants mail to be sent: what waits for these destinations is due. */
  readonly retry?: (destination: string) => Promise<unknown>
  /** Milliseconds of the wall clock; tests set it. */
  readonly now?: () => number
}

/**
 * The pace of every provider, in memory, kept in step with the store: what we learn is written every few seconds (a suspension
 * at once), what other workers learn is read as often. While the store is away everybody goes by what he knows.
 */
export class PaceBook {
  readonly now: () => number
  readonly limits: PaceLimits
  readonly sources = new SourceAddresses()
  readonly #context: PaceBookContext
  readonly #unsubscribe: () => void
  readonly #paces = new Map<string, ProviderPace>()
  readonly #records = new Map<string, PaceRecord>()
  readonly #timer: NodeJS.Timeout
  #writing: Promise<void> = Promise.resolve()
  #readAt = -Infinity
  #isClosed = false

  constructor(context: PaceBookContext) {
    this.#context = context
    this.now = context.now ?? Date.now
    this.limits = context.limits
    // An operator's word is not to be waited for.
    this.#unsubscribe = context.store.onResume(() => void this.#step())
    this.#timer = setInterval(() => void this.#step(), STEP_MS)
  }

  /** Reads what is kept. Rejects while the store is away: before it was read once nobody is to be asked. */
  async load(): Promise<void> {
    for (const record of await this.#context.store.read()) {
      this.#remember(record)
    }
    this.#readAt = this.now()
  }

  /** The pace of a provider; new ones begin slowly. */
  of(key: PaceKey): ProviderPace {
    const name = keyOf(key.provider, key.source)
    const there = this.#paces.get(name)
    if (there !== undefined) return there
    if (this.#paces.size >= MOST) this.#forget()
    const record = this.#records.get(name)
    const now = this.now()
    const pace = new ProviderPace(key, this.#context.limits, this.#tell, {
      now,
      ...(record === undefined ? {} : { record }),
    })
    this.#paces.set(name, pace)
    return pace
  }

  /** Whether we may send the message that finds out about a suspended provider; another worker may be at it. */
  async probe(pace: ProviderPace): Promise<boolean> {
    const { provider, source } = pace.key
    const { store, limits, log } = this.#context
    await this.#writing
    let isOurs = false
    try {
      isOurs = await store.takeProbe(provider, source, limits.probeHoldMs / 1_000)
    } catch (error) {
      log.warn('delivery.pace.unavailable', { provider, error })
    }
    pace.probe(isOurs, this.now())
    return isOurs
  }

  /** What nobody used for long is forgotten. */
  async purge(): Promise<void> {
    await this.#context.store.purge(KEPT_SECONDS)
  }

  /** Nobody is let in any more; what was learnt is written. */
  async close(): Promise<void> {
    this.#isClosed = true
    clearInterval(this.#timer)
    this.#unsubscribe()
    for (const pace of this.#paces.values()) pace.gate.close()
    await this.flush()
  }

  /** Lanes that wait for a connection need not any more. */
  stop(): void {
    for (const pace of this.#paces.values()) pace.gate.close()
  }

  /** Writes what changed. Never rejects: what cannot be written is kept for the next time. */
  flush(): Promise<void> {
    this.#writing = this.#writing.then(() => this.#write())
    return this.#writing
  }

  readonly #tell: PaceListener = (what, pace) => {
    const { provider, source } = pace.key
    const { because, suspendedUntil } = pace.suspension
    const { code, enhanced, text, host } = pace.lastWords ?? {}
    this.#context.log[what === 'resumed' ? 'info' : 'warn'](`delivery.provider.${what}`, {
      provider,
      source,
      because,
      until: suspendedUntil,
      host,
      code,
      enhanced,
      text,
    })
    if (what !== 'slowed') void this.flush()
  }

  async #write(): Promise<void> {
    const { store, worker, log } = this.#context
    const taken: { readonly pace: ProviderPace; readonly note: PaceNote }[] = []
    for (const pace of this.#paces.values()) {
      const note = pace.takeNote()
      if (note !== undefined) taken.push({ pace, note })
    }
    if (taken.length === 0) return
    try {
      await store.write(
        worker,
        taken.map(({ note }) => note),
      )
      const changedAt = new Date(this.now())
      for (const { note } of taken)
        this.#remember({ ...note.state, delivered: 0, worker, changedAt })
    } catch (error) {
      for (const { pace, note } of taken) pace.giveBack(note)
      log.warn('delivery.pace.unavailable', { error })
    }
  }

  async #step(): Promise<void> {
    await this.flush()
    if (this.#isClosed) return
    try {
      await this.#read()
      await this.#beat()
    } catch (error) {
      this.#context.log.warn('delivery.pace.unavailable', { error })
    }
  }

  /** Twice what has gone by, because others write when they please and clocks differ. */
  async #read(): Promise<void> {
    const { store, worker } = this.#context
    const now = this.now()
    const seconds = this.#readAt === -Infinity ? undefined : ((now - this.#readAt) * 2) / 1_000 + 5
    const records = await store.read(seconds)
    this.#readAt = now
    for (const record of records) {
      if (record.worker === worker) continue
      const name = keyOf(record.provider, record.source)
      this.#remember(record)
      const pace = this.#paces.get(name)
      const kept = [...(pace?.kept ?? [])]
      pace?.adopt(record, now)
      if (record.worker === '') for (const each of kept) await this.#context.retry?.(each)
    }
  }

  /** The last word, of whomever, for when the provider is met again. */
  #remember(record: PaceRecord): void {
    const name = keyOf(record.provider, record.source)
    if (this.#records.size < MOST * 2 || this.#records.has(name)) this.#records.set(name, record)
  }

  async #beat(): Promise<void> {
    const { store, worker } = this.#context
    const sources = new Set([...this.#paces.values()].map(({ key }) => key.source))
    if (sources.size === 0) return
    const counts = await store.beat(worker, [...sources])
    for (const pace of this.#paces.values()) {
      pace.share(counts.get(pace.key.source) ?? 1, this.now())
    }
  }

  /** Those that nobody uses, and that nothing is known of that is not kept. */
  #forget(): void {
    for (const [name, pace] of this.#paces) {
      if (this.#paces.size < MOST / 2) return
      if (pace.gate.inside === 0 && !pace.gate.isWanted && pace.isForgettable(this.now())) {
        this.#paces.delete(name)
      }
    }
  }
}

function keyOf(provider: string, source: string): string {
  return `${provider} ${source}`
}

const STEP_MS = 10_000
/** A provider that got nothing for so long meets a stranger again. */
const KEPT_SECONDS = 90 * 86_400
/** Providers in memory. */
const MOST = 10_000
