import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { constants, createInflateRaw, deflateRawSync } from 'node:zlib'

/** Longest wait for anything, in milliseconds: generous, because tests share a busy machine. */
const patienceMs = 30_000

/** Where and how to connect. */
export interface RawClientOptions {
  readonly host?: string
  readonly port: number
  /** The address to come from, where it matters: any of 127.0.0.0/8. */
  readonly from?: string
  /** TLS from the first octet. */
  readonly tls?: boolean
  /** PEM of the authority that certificates are verified against. */
  readonly ca: string
  /** The name that the certificate must have. */
  readonly serverName: string
}

/** The peer ended the connection while more was expected of it. */
export class ConnectionEnded extends Error {
  constructor(rest: string) {
    super(`the server closed the connection${rest === '' ? '' : ` after ${JSON.stringify(rest)}`}`)
    this.name = 'ConnectionEnded'
  }
}

/**
 * A client that sends any octets and sees every octet. Text is latin1: one character per octet.
 * Lines end at CRLF and nothing else.
 */
export class RawClient {
  readonly #options: RawClientOptions
  #socket: Socket
  #input = ''
  /** Octets of `#input` that were read. */
  #at = 0
  #hasEnded = false
  #isCompressed = false
  #wake: (() => void) | undefined

  private constructor(socket: Socket, options: RawClientOptions) {
    this.#socket = socket
    this.#options = options
    this.#listen(socket)
  }

  /** Connects; rejects when that is refused or the certificate is not the right one. */
  static async connect(options: RawClientOptions): Promise<RawClient> {
    const { host = '127.0.0.1', port, from, ca, serverName, tls = false } = options
    const to = { host, port, ...(from === undefined ? {} : { localAddress: from }) }
    const socket = tls
      ? connectTls({ ...to, ca, servername: serverName })
      : connectTcp({ ...to, noDelay: true })
    await opened(socket, tls ? 'secureConnect' : 'connect')
    return new RawClient(socket, options)
  }

  /** Octets that have come and were not read. */
  get unread(): string {
    return this.#input.slice(this.#at)
  }

  /** Sends octets as they are; a string is UTF-8. */
  send(octets: Buffer | string): void {
    const finishFlush = constants.Z_SYNC_FLUSH
    this.#socket.write(this.#isCompressed ? deflateRawSync(octets, { finishFlush }) : octets)
  }

  /** Sends a line. */
  sendLine(line: string): void {
    this.send(`${line}\r\n`)
  }

  /** The next line without its CRLF. Rejects with ConnectionEnded, or after 30 s of silence. */
  async readLine(): Promise<string> {
    return this.#take(() => {
      const end = this.#input.indexOf('\r\n', this.#at)
      return end === -1 ? undefined : end + 2 - this.#at
    }).then((text) => text.slice(0, -2))
  }

  /** The next line, without taking it. */
  async peekLine(): Promise<string> {
    const line = await this.readLine()
    this.#at -= line.length + 2
    return line
  }

  /** Lines up to and with the first that `isLast` says yes to. */
  async readLines(isLast: (line: string) => boolean): Promise<string[]> {
    const lines: string[] = []
    for (;;) {
      const line = await this.readLine()
      lines.push(line)
      if (isLast(line)) return lines
    }
  }

  /** Exactly so many octets. */
  async readOctets(length: number): Promise<string> {
    return this.#take(() => (this.#input.length - this.#at >= length ? length : undefined))
  }

  /** Everything until the server closes. */
  async readToEnd(): Promise<string> {
    const until = Date.now() + patienceMs
    while (!this.#hasEnded) await this.#wait(until)
    const rest = this.unread
    this.#at = this.#input.length
    return rest
  }

  /** The client's side of a TLS handshake on this connection (after STARTTLS, STLS). */
  async startTls(): Promise<void> {
    const { ca, serverName } = this.#options
    const raw = this.#socket
    raw.removeAllListeners()
    raw.on('error', () => undefined)
    const socket = connectTls({ socket: raw, ca, servername: serverName })
    await opened(socket, 'secureConnect')
    this.#socket = socket
    this.#listen(socket)
  }

  /** From here on both sides send raw DEFLATE (after COMPRESS). */
  compress(): void {
    const inflate = createInflateRaw({ finishFlush: constants.Z_SYNC_FLUSH })
    inflate.write(Buffer.from(this.unread, 'latin1'))
    this.#at = this.#input.length
    this.#isCompressed = true
    this.#socket.removeAllListeners('data')
    this.#socket.removeAllListeners('end')
    this.#socket.removeAllListeners('close')
    // The socket may be closed before all that it brought is inflated: only the inflater knows when the end is reached.
    this.#socket.once('close', () => inflate.end())
    this.#socket.pipe(inflate)
    inflate.on('data', (chunk: Buffer) => this.#heard(chunk))
    inflate.on('end', () => this.#ended())
    inflate.on('error', () => this.#ended())
  }

  /** Says that nothing more will be sent. */
  end(): void {
    this.#socket.end()
  }

  /** Reads nothing more until `resume`: what the server sends waits in the kernel. */
  pause(): void {
    this.#socket.pause()
  }

  /** Reads again. */
  resume(): void {
    this.#socket.resume()
  }

  /** Hangs up. */
  close(): void {
    this.#socket.destroy()
  }

  /** Hangs up with a TCP reset. */
  reset(): void {
    this.#socket.resetAndDestroy()
  }

  #listen(socket: Socket): void {
    socket.on('data', (chunk: Buffer) => this.#heard(chunk))
    socket.on('error', () => this.#ended())
    socket.on('end', () => this.#ended())
    socket.on('close', () => this.#ended())
  }

  #heard(chunk: Buffer): void {
    this.#input = this.unread + chunk.toString('latin1')
    this.#at = 0
    this.#wake?.()
  }

  #ended(): void {
    this.#hasEnded = true
    this.#wake?.()
  }

  async #take(lengthNow: () => number | undefined): Promise<string> {
    const until = Date.now() + patienceMs
    for (;;) {
      const length = lengthNow()
      if (length !== undefined) {
        const text = this.#input.slice(this.#at, this.#at + length)
        this.#at += length
        return text
      }
      if (this.#hasEnded) throw new ConnectionEnded(this.unread)
      await this.#wait(until)
    }
  }

  #wait(until: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#wake = undefined
        reject(
          new Error(
            `nothing came for ${patienceMs / 1000} s; unread: ${JSON.stringify(this.unread)}`,
          ),
        )
      }, until - Date.now())
      this.#wake = () => {
        this.#wake = undefined
        clearTimeout(timer)
        resolve()
      }
    })
  }
}

function opened(socket: Socket, event: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => socket.destroy(new Error(`no ${event} in time`)), patienceMs)
    socket.once(event, () => {
      clearTimeout(timer)
      socket.off('error', reject)
      resolve()
    })
    socket.once('error', (error) => {
      clearTimeout(timer)
      reject(error)
    })
    socket.once('close', () => {
      clearTimeout(timer)
      reject(new Error(`closed before ${event}`))
    })
  })
}
