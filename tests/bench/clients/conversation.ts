import net from 'node:net'
import tls from 'node:tls'

/** Longest silence of a server before a load gives up. */
const silenceMs = 120_000

/**
 * A connection for loads: it writes what it is given and waits for a mark at the end of what came in. It keeps only the
 * tail of what it reads, so that it costs less than the server it measures.
 */
export class Conversation {
  /** Octets received so far. */
  received = 0
  readonly #socket: net.Socket
  #tail = ''
  #waiting: { test: (tail: string) => boolean; resolve: (tail: string) => void } | undefined
  #failed: ((error: Error) => void) | undefined
  #error: Error | undefined

  private constructor(socket: net.Socket) {
    this.#socket = socket
    socket.setNoDelay(true)
    socket.setTimeout(silenceMs, () => socket.destroy(new Error('the server fell silent')))
    socket.on('data', (chunk: Buffer) => this.#take(chunk))
    socket.on('error', (error) => this.#fail(error))
    socket.on('close', () => this.#fail(new Error(`the server hung up after: ${this.#tail}`)))
  }

  /** Connects to a loopback port; under TLS 1.3 always with a full handshake, and without a look at the certificate. */
  static async connect(port: number, isSecure = false): Promise<Conversation> {
    const where = { port, host: '127.0.0.1' }
    const socket = isSecure
      ? tls.connect({ ...where, minVersion: 'TLSv1.3', rejectUnauthorized: false })
      : net.connect(where)
    const conversation = new Conversation(socket)
    await new Promise<void>((resolve, reject) => {
      socket.once(isSecure ? 'secureConnect' : 'connect', resolve)
      socket.once('error', reject)
    })
    return conversation
  }

  write(data: Buffer | string): void {
    this.#socket.write(data)
  }

  /** Waits until the last octets that came satisfy `test` (at most the last 512 are seen), and takes them away. */
  until(test: (tail: string) => boolean): Promise<string> {
    if (this.#error !== undefined) return Promise.reject(this.#error)
    return new Promise((resolve, reject) => {
      this.#waiting = { test, resolve }
      this.#failed = reject
      this.#look()
    })
  }

  /** Sends, then waits for `test`. */
  ask(data: Buffer | string, test: (tail: string) => boolean): Promise<string> {
    this.#tail = ''
    this.write(data)
    return this.until(test)
  }

  close(): void {
    this.#waiting = undefined
    this.#failed = undefined
    this.#socket.destroy()
  }

  #take(chunk: Buffer): void {
    this.received += chunk.length
    this.#tail = (this.#tail + chunk.toString('latin1', Math.max(0, chunk.length - 512))).slice(
      -512,
    )
    this.#look()
  }

  #look(): void {
    if (this.#waiting?.test(this.#tail) !== true) return
    const { resolve } = this.#waiting
    const tail = this.#tail
    this.#waiting = undefined
    this.#failed = undefined
    this.#tail = ''
    resolve(tail)
  }

  #fail(error: Error): void {
    this.#error ??= error
    this.#failed?.(this.#error)
    this.#failed = undefined
    this.#waiting = undefined
  }
}

/** True when the tail ends with a whole line. */
export function endsLine(tail: string): boolean {
  return tail.endsWith('\r\n')
}
