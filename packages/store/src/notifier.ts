import { Client, escapeIdentifier, type ClientConfig } from 'pg'

import type { StoreLog } from './store-log.ts'
import { sqlState, StoreUnavailable, unavailableReason } from './unavailable.ts'

/** Receives wake-ups. Both must return quickly and never throw. */
export interface Listener {
  /** Somebody committed something; the payload holds ids only. Our own wake-ups come back too, marked as such. */
  onWake(payload: string, fromThisProcess: boolean): void
  /** Listening begins, or began anew after a lost connection: wake-ups may have been missed, so look for yourself. */
  onGap(): void
}

/** More waiting wake-ups than this are dropped: polling is the backstop. */
const maxPending = 10_000
const maxBatch = 500
const firstRetryMs = 50
const maxRetryMs = 2_000

/** How an attempt to connect ended; `silent` is the one that means a hung server. */
type Contact = 'open' | 'refused' | 'silent'

const notifyText =
  'SELECT pg_notify(n.channel, n.payload) FROM unnest($1::text[], $2::text[]) AS n (channel, payload)'

/**
 * The process's one connection for LISTEN, NOTIFY and the watch's pulse. NOTIFY inside a writing transaction takes a
 * database-wide lock until its commit is durable (1,830 commits per second instead of 4,550), therefore wake-ups are sent
 * from here, after the commit, many in one statement, on a connection that need not wait for the disk.
 */
export class Notifier {
  readonly #config: ClientConfig
  readonly #log: StoreLog
  readonly #listeners = new Map<string, Set<Listener>>()
  readonly #pending = new Map<string, readonly [string, string]>()
  #client: Client | undefined
  #attempt: Client | undefined
  #connecting: Promise<Contact> | undefined
  #sending: Promise<void> | undefined
  #retry: NodeJS.Timeout | undefined
  #retryMs = firstRetryMs
  #closed = false

  constructor(config: ClientConfig, log: StoreLog) {
    this.#config = { ...config, pipeline: true }
    this.#log = log
  }

  /** Sends a wake-up soon; equal ones that wait are sent once. Never fails: a lost one is covered by polling. */
  notify(channel: string, payload: string): void {
    if (this.#closed || this.#pending.size >= maxPending) return
    this.#pending.set(`${channel}\0${payload}`, [channel, payload])
    if (this.#client === undefined) this.#connectSoon()
    else void this.#flush()
  }

  /** Calls the listener for every wake-up on this channel, over reconnects, until the returned function is called. */
  listen(channel: string, listener: Listener): () => void {
    const known = this.#listeners.get(channel)
    if (known !== undefined) known.add(listener)
    else {
      this.#listeners.set(channel, new Set([listener]))
      if (this.#client === undefined) this.#connectSoon()
      else this.#sendListen(this.#client, channel)
    }
    return () => this.#leave(channel, listener)
  }

  #leave(channel: string, listener: Listener): void {
    const known = this.#listeners.get(channel)
    if (known?.delete(listener) !== true || known.size > 0) return
    this.#listeners.delete(channel)
    // What nobody listens to any more need not be sent, read and thrown away.
    const client = this.#client
    client?.query(`UN${listenText(channel)}`).catch(() => this.#lost(client))
  }

  /** Resolves once LISTEN is in force for every channel asked for so far, or the connection failed. */
  async ready(): Promise<void> {
    await this.pulse()
  }

  /** Asks the server for a sign of life. Any answer will do: refused and shutting down are answers, silence is not. */
  async pulse(): Promise<void> {
    if (this.#client === undefined && (await this.#connect()) === 'silent') {
      throw new StoreUnavailable('hung', 'none')
    }
    try {
      await this.#client?.query('SELECT 1')
    } catch {
      // A lost connection is an answer: its statements fail by themselves.
    }
  }

  /** Sends what waits (for at most a second) and disconnects. */
  async close(): Promise<void> {
    const patience = AbortSignal.timeout(1_000)
    const over = new Promise<void>((resolve) => patience.addEventListener('abort', () => resolve()))
    // A short-lived command may be done before the connection stands.
    if (this.#pending.size > 0 && this.#client === undefined) {
      await Promise.race([this.#connect(), over])
    }
    while (this.#pending.size > 0 && this.#client !== undefined && !patience.aborted) {
      await Promise.race([this.#flush(), over])
    }
    this.#closed = true
    clearTimeout(this.#retry)
    const client = this.#client
    this.#client = undefined
    if (client === undefined) return
    await Promise.race([client.end(), over])
    client.connection.stream.destroy()
  }

  #connectSoon(): void {
    if (this.#closed || this.#connecting !== undefined || this.#retry !== undefined) return
    void this.#connect()
  }

  /** Gives the connection up: the watch has found the server hung. */
  reset(): void {
    this.#attempt?.connection.stream.destroy()
    if (this.#client !== undefined) this.#lost(this.#client)
  }

  #connect(): Promise<Contact> {
    this.#connecting ??= this.#open().finally(() => {
      this.#connecting = undefined
    })
    return this.#connecting
  }

  async #open(): Promise<Contact> {
    clearTimeout(this.#retry)
    this.#retry = undefined
    if (this.#closed) return 'refused'
    const client = new Client(this.#config)
    this.#attempt = client
    client.on('error', () => this.#lost(client))
    client.on('end', () => this.#lost(client))
    client.on('notification', (message) => {
      this.#wake(message.channel, message.payload ?? '', message.processId === processId(client))
    })
    try {
      await client.connect()
    } catch (error) {
      client.connection.stream.destroy()
      this.#log.debug('store.notifier.away', { code: sqlState(error), because: String(error) })
      this.#retrySoon()
      return unavailableReason(error) === 'hung' ? 'silent' : 'refused'
    } finally {
      this.#attempt = undefined
    }
    return this.#adopt(client)
  }

  #adopt(client: Client): Contact {
    if (this.#closed) {
      client.connection.stream.destroy()
      return 'refused'
    }
    this.#client = client
    this.#retryMs = firstRetryMs
    for (const channel of this.#listeners.keys()) this.#sendListen(client, channel)
    void this.#flush()
    return 'open'
  }

  #sendListen(client: Client, channel: string): void {
    client.query(listenText(channel)).then(
      () => {
        for (const listener of this.#listeners.get(channel) ?? []) listener.onGap()
      },
      () => this.#lost(client),
    )
  }

  #lost(client: Client): void {
    if (this.#client !== client) return
    this.#client = undefined
    client.connection.stream.destroy()
    this.#log.debug('store.notifier.lost')
    this.#retrySoon()
  }

  #retrySoon(): void {
    const wanted = this.#pending.size > 0 || this.#listeners.size > 0
    if (this.#closed || !wanted || this.#retry !== undefined) return
    this.#retry = setTimeout(
      () => {
        this.#retry = undefined
        this.#connectSoon()
      },
      this.#retryMs * (0.5 + Math.random()),
    )
    this.#retryMs = Math.min(this.#retryMs * 2, maxRetryMs)
  }

  #wake(channel: string, payload: string, fromThisProcess: boolean): void {
    for (const listener of this.#listeners.get(channel) ?? []) {
      listener.onWake(payload, fromThisProcess)
    }
  }

  /** One statement at a time: what arrives meanwhile goes with the next. */
  #flush(): Promise<void> {
    const client = this.#client
    if (client === undefined || this.#pending.size === 0) return this.#sending ?? Promise.resolve()
    this.#sending ??= this.#send(client).finally(() => {
      this.#sending = undefined
      if (this.#client !== undefined && this.#pending.size > 0) void this.#flush()
    })
    return this.#sending
  }

  async #send(client: Client): Promise<void> {
    const batch = [...this.#pending.entries()].slice(0, maxBatch)
    for (const [key] of batch) this.#pending.delete(key)
    const channels = batch.map(([, [channel]]) => channel)
    const payloads = batch.map(([, [, payload]]) => payload)
    try {
      await client.query({ name: 'notify', text: notifyText, values: [channels, payloads] })
    } catch (error) {
      const isRefused = sqlState(error) !== undefined
      this.#log.debug('store.notify.failed', { because: String(error) })
      if (isRefused || this.#closed) return
      for (const [key, value] of batch) this.#pending.set(key, value)
      this.#lost(client)
    }
  }
}

/** LISTEN takes no parameters; the name is one of ours, and quoted all the same. */
function listenText(channel: string): string {
  return `LISTEN ${escapeIdentifier(channel)}`
}

/** The server process behind a connection; pg keeps it although its types do not name it. */
function processId(client: Client): number | undefined {
  return 'processID' in client && typeof client.processID === 'number'
    ? client.processID
    : undefined
}
