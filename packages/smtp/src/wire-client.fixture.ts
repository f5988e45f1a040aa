import { once } from 'node:events'
import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'

/** Long enough for a machine under load; a test that waits this long has failed. */
const DEADLINE_MS = 30_000

/** A client that writes octets and reads replies, for tests. */
export class WireClient {
  #socket: Socket
  #input = ''
  #ended = false
  #wake: (() => void) | undefined

  private constructor(socket: Socket) {
    this.#socket = socket
    this.#listen(socket)
  }

  static async connect(port: number, options: { tls?: boolean } = {}): Promise<WireClient> {
    const socket =
      options.tls === true
        ? connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false })
        : connectTcp({ port, host: '127.0.0.1' })
    await once(socket, options.tls === true ? 'secureConnect' : 'connect')
    socket.setNoDelay(true)
    return new WireClient(socket)
  }

  /** Writes octets as they are; a string is UTF-8. */
  send(octets: string | Uint8Array): void {
    this.#socket.write(octets)
  }

  /** Writes and waits until the octets have left. */
  async flush(octets: string | Uint8Array): Promise<void> {
    const socket = this.#socket
    if (socket.write(octets)) return
    await new Promise<void>((resolve) => {
      socket.once('drain', resolve)
      socket.once('close', () => resolve())
    })
  }

  /** Ends our side; replies can still come. */
  half(): void {
    this.#socket.end()
  }

  /** The next whole reply, its lines joined with `\n`. */
  async reply(): Promise<string> {
    const whole = /^(?:\d{3}-[^\n]*\r\n)*\d{3}(?: [^\n]*)?\r\n/
    for (;;) {
      const match = whole.exec(this.#input)
      if (match !== null) {
        this.#input = this.#input.slice(match[0].length)
        return match[0].trimEnd().replaceAll('\r\n', '\n')
      }
      if (this.#ended) throw new Error(`closed; left over: ${JSON.stringify(this.#input)}`)
      await this.#more('a reply')
    }
  }

  /** Sends one command and returns the reply to it. */
  async ask(command: string | Uint8Array): Promise<string> {
    this.send(typeof command === 'string' ? `${command}\r\n` : command)
    return await this.reply()
  }

  /** Whatever comes until the server closes. */
  async closed(): Promise<string> {
    while (!this.#ended) await this.#more('the end of the connection')
    const rest = this.#input
    this.#input = ''
    return rest
  }

  /** Octets that came and were not read as a reply. */
  get pending(): string {
    return this.#input
  }

  /** The handshake after STARTTLS; `before` goes out in clear text in front of it. */
  async startTls(): Promise<void> {
    const plain = this.#socket
    plain.removeAllListeners('data')
    const socket = connectTls({ socket: plain, rejectUnauthorized: false })
    await once(socket, 'secureConnect')
    this.#socket = socket
    this.#listen(socket)
  }

  destroy(): void {
    this.#socket.destroy()
  }

  #listen(socket: Socket): void {
    socket.on('data', (chunk: Buffer) => {
      this.#input += chunk.toString('latin1')
      this.#wake?.()
    })
    socket.on('error', () => undefined)
    for (const event of ['end', 'close']) {
      socket.on(event, () => {
        if (socket !== this.#socket) return
        this.#ended = true
        this.#wake?.()
      })
    }
  }

  async #more(what: string): Promise<void> {
    const arrived = Promise.withResolvers<void>()
    this.#wake = arrived.resolve
    const timer = setTimeout(
      () => arrived.reject(new Error(`no ${what}; have ${JSON.stringify(this.#input)}`)),
      DEADLINE_MS,
    )
    await arrived.promise.finally(() => clearTimeout(timer))
  }
}
