import {
  type ClaimedMessage,
  matchesPattern,
  type Relay as KeptRelay,
  type Relays,
  SecretKeyUnfit,
} from '@posthouse/store'
import type { Log } from '@posthouse/telemetry'
import type { Relay } from './relay.ts'

/** How often the relays are read again though nothing was heard: a wake-up may have been lost. */
const REFRESH_MS = 60_000
/** How soon after a failure. */
const AGAIN_MS = 1_000

interface Entry {
  readonly pattern: KeptRelay
  readonly relay: Relay
}

/** Which mail goes through which relay, in memory. What was known goes on to count while the store is away. */
export class RouteBook {
  readonly #relays: Relays
  readonly #log: Log
  readonly #unsubscribe: () => void
  #entries: readonly Entry[] = []
  #timer: NodeJS.Timeout | undefined
  #reading: Promise<void> | undefined
  #isStale = false
  #isClosed = false
  readonly #first = Promise.withResolvers<void>()
  #isReady = false

  constructor(relays: Relays, log: Log) {
    this.#relays = relays
    this.#log = log
    this.#unsubscribe = relays.onChange(() => this.#refresh())
    this.#refresh()
  }

  /** The relays are known: before that nothing may be sent, it could go the wrong way. */
  get isReady(): boolean {
    return this.#isReady
  }

  /** Resolves once they are. */
  ready(): Promise<void> {
    return this.#first.promise
  }

  /** The relay of a claimed message; undefined where the domain's own hosts are meant. */
  relayFor({ sender, destination, recipients }: ClaimedMessage): Relay | undefined {
    if (this.#entries.length === 0) return undefined
    // All recipients go the same way: the one that has failed least decides.
    const failures = Math.min(...recipients.map(({ attempt }) => attempt - 1))
    return this.relayOf(sender, destination, failures)
  }

  /** The same by its parts. */
  relayOf(sender: string, domain: string, failures: number): Relay | undefined {
    const message = { sender, domain, failures }
    return this.#entries.find(({ pattern }) => matchesPattern(pattern, message))?.relay
  }

  close(): void {
    this.#isClosed = true
    clearTimeout(this.#timer)
    this.#unsubscribe()
  }

  /** One reading at a time; what changes meanwhile is read once more. */
  #refresh(): void {
    if (this.#isClosed) return
    if (this.#reading !== undefined) {
      this.#isStale = true
      return
    }
    this.#isStale = false
    this.#reading = this.#read().finally(() => {
      this.#reading = undefined
      if (this.#isStale) this.#refresh()
    })
  }

  async #read(): Promise<void> {
    clearTimeout(this.#timer)
    try {
      const kept = await this.#relays.list()
      this.#entries = await Promise.all(kept.map((each) => this.#entryOf(each)))
      this.#isReady = true
      this.#first.resolve()
      this.#again(REFRESH_MS)
    } catch (error) {
      this.#log.warn('delivery.relays.unread', { error })
      this.#again(this.#isReady ? REFRESH_MS : AGAIN_MS)
    }
  }

  #again(ms: number): void {
    if (this.#isClosed) return
    this.#timer = setTimeout(() => this.#refresh(), ms)
    this.#timer.unref()
  }

  async #entryOf(pattern: KeptRelay): Promise<Entry> {
    const { id, host, port, tls, user, isAuthRisky } = pattern
    const implicitTls = tls === 'implicit'
    const base = { id, host, port, implicitTls, isAuthRisky, rule: ruleOf(pattern) }
    const relay: Relay = { ...base, tls: implicitTls ? 'verified' : tls }
    if (user === undefined) return { pattern, relay }
    try {
      const password = await this.#relays.password(id)
      // Gone since the list was read: a wake-up is on its way.
      if (password === undefined) return { pattern, relay }
      // A password goes to nobody who has not shown who it is, unless that is wanted.
      const guarded = isAuthRisky ? relay.tls : 'verified'
      return { pattern, relay: { ...relay, tls: guarded, credentials: { user, password } } }
    } catch (error) {
      if (!(error instanceof SecretKeyUnfit)) throw error
      this.#log.error('delivery.relay.locked', { host, error })
      return { pattern, relay: { ...relay, problem: error.message } }
    }
  }
}

/** A pattern in words: `*, from ada@example.test, after 3 failures`. */
export function ruleOf({ recipient, sender, afterFailures }: KeptRelay): string {
  const from = sender === '*' ? '' : `, from ${sender}`
  const after = afterFailures === 0 ? '' : `, after ${afterFailures} failures`
  return `${recipient}${from}${after}`
}
