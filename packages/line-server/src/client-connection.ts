import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { Log } from '@posthouse/telemetry'
import { isLoopbackAddress, plainAddress } from './address.ts'
import type { Connection, TlsDetails } from './connection.ts'
import { Inflater } from './inflater.ts'
import { acceptTls, tlsDetailsOf } from './server-tls.ts'
import { SocketReader } from './socket-reader.ts'
import { SocketWriter } from './socket-writer.ts'
import type { TlsContext } from './tls-context.ts'

/** How long a peer may take for our last words before the connection is cut. */
const defaultGraceMs = 5_000

/** How long a peer that has got them may take to close its side. */
const lingerMs = 1_000

/** A connection over a socket, and later over TLS on that socket. */
export class ClientConnection implements Connection {
  readonly id: string
  readonly remoteAddress: string
  readonly remotePort: number
  readonly localAddress: string
  readonly localPort: number
  readonly isLoopback: boolean
  readonly reader: SocketReader
  readonly #raw: Socket
  readonly #writer: SocketWriter
  readonly #closing = new AbortController()
  readonly #log: Log
  #socket: Socket
  #tlsDetails: TlsDetails | undefined
  #inflater: Inflater | undefined
  #isEnding = false
  #stalledAt: { readonly sentBytes: number; readonly since: number } | undefined

  constructor(socket: Socket, id: string, log: Log) {
    this.id = id
    this.remoteAddress = plainAddress(socket.remoteAddress)
    this.remotePort = socket.remotePort ?? 0
    this.localAddress = plainAddress(socket.localAddress)
    this.localPort = socket.localPort ?? 0
    this.isLoopback =
      isLoopbackAddress(socket.remoteAddress) && isLoopbackAddress(socket.localAddress)
    this.#raw = socket
    this.#socket = socket
    this.#log = log
    this.#writer = new SocketWriter(socket)
    this.reader = new SocketReader({
      pause: () => (this.#inflater ?? this.#socket).pause(),
      resume: () => (this.#inflater ?? this.#socket).resume(),
      beforeWait: () => this.#writer.send(),
    })
    socket.on('error', (error) => this.#failed(error))
    socket.once('close', () => this.#finished())
  }

  get secure(): boolean {
    return this.#tlsDetails !== undefined
  }

  get tlsDetails(): TlsDetails | undefined {
    return this.#tlsDetails
  }

  get pendingBytes(): number {
    return this.#writer.pendingBytes
  }

  get closed(): AbortSignal {
    return this.#closing.signal
  }

  /** Begins to take what the peer sends. */
  open(): void {
    this.#listenTo(this.#socket)
  }

  write(octets: Buffer | string): Promise<void> | void {
    if (this.#isEnding) return
    return this.#writer.write(octets)
  }

  flush(): Promise<void> {
    return this.#writer.flush()
  }

  async startTls(context: TlsContext, goAhead: Buffer | string): Promise<boolean> {
    if (this.secure || this.#inflater !== undefined || this.#isEnding) return false
    const socket = this.#socket
    // From here on nobody reads: a ClientHello that comes before the wrapping stays in the socket.
    this.#stopListening()
    this.reader.takeAll()
    while (socket.read() !== null) continue
    void this.#writer.write(goAhead)
    await this.#writer.flush()
    return this.secureNow(context)
  }

  async startCompression(goAhead: Buffer | string): Promise<boolean> {
    if (this.#inflater !== undefined || this.#isEnding) return false
    const socket = this.#socket
    this.#stopListening()
    const ahead = this.reader.takeAll()
    void this.#writer.write(goAhead)
    await this.#writer.flush()
    if (this.#isEnding || this.closed.aborted) return false
    this.#writer.compress()
    this.#inflater = new Inflater(socket, ahead, {
      data: (octets) => this.reader.feed(octets),
      end: () => this.reader.feedEnd(),
      failed: (error) => this.#failed(error),
    })
    socket.resume()
    return true
  }

  /** The handshake, with nothing said before it (implicit TLS). */
  async secureNow(context: TlsContext): Promise<boolean> {
    if (this.closed.aborted || this.#raw.destroyed) return false
    const { tls, because } = await acceptTls(this.#raw, context)
    if (tls === undefined || this.closed.aborted) {
      this.#log.debug('connection.tls.failed', { because })
      this.#raw.destroy()
      return false
    }
    this.#adopt(tls)
    return true
  }

  end(graceMs = defaultGraceMs): void {
    if (this.#isEnding || this.closed.aborted) return
    this.#isEnding = true
    const cut = setTimeout(() => this.destroy(), graceMs)
    this.closed.addEventListener('abort', () => clearTimeout(cut), { once: true })
    // What still comes is read and dropped: octets left unread would turn our close into a reset,
    // and the peer might lose our last words.
    this.#socket.removeAllListeners('data')
    this.#inflater?.close()
    this.#socket.on('data', () => undefined)
    this.#socket.resume()
    this.reader.feedEnd()
    void this.#writer.flush().then(() => this.#socket.end(() => this.#linger()))
  }

  destroy(): void {
    this.#isEnding = true
    this.#socket.destroy()
    this.#raw.destroy()
    // At once, and not when the system has closed it: a session in the middle of a loop of writes
    // must see the end before its next one.
    this.#finished()
  }

  /**
   * Called now and then: whether octets have been waiting since `stallMs` ago without the peer
   * taking any.
   */
  hasStalled(now: number, stallMs: number): boolean {
    const { pendingBytes, sentBytes } = this.#writer
    if (pendingBytes === 0) this.#stalledAt = undefined
    else if (this.#stalledAt?.sentBytes !== sentBytes) this.#stalledAt = { sentBytes, since: now }
    return this.#stalledAt !== undefined && now - this.#stalledAt.since >= stallMs
  }

  #linger(): void {
    const cut = setTimeout(() => this.destroy(), lingerMs)
    this.closed.addEventListener('abort', () => clearTimeout(cut), { once: true })
  }

  #adopt(tls: TLSSocket): void {
    this.#tlsDetails = tlsDetailsOf(tls)
    this.#socket = tls
    this.#writer.attach(tls)
    tls.on('error', (error) => this.#failed(error))
    tls.once('close', () => this.#raw.destroy())
    this.#listenTo(tls)
  }

  #stopListening(): void {
    this.#socket.pause()
    this.#socket.removeAllListeners('data')
    this.#socket.removeAllListeners('end')
  }

  #listenTo(socket: Socket): void {
    socket.on('data', (chunk: Buffer) => this.reader.feed(chunk))
    socket.once('end', () => this.reader.feedEnd())
    socket.resume()
  }

  #failed(error: Error): void {
    this.#log.debug('connection.error', { error: error.message })
    this.destroy()
  }

  #finished(): void {
    if (this.closed.aborted) return
    this.#isEnding = true
    this.#inflater?.close()
    this.#writer.close()
    this.reader.feedEnd()
    this.#closing.abort()
  }
}
