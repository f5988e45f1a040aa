import net from 'node:net'
import tls from 'node:tls'

/** How long a client of the harness waits for an answer: longer than any fault lasts. */
const patienceMs = 60_000

/** The connection ended, or nothing came in time: what was asked last may or may not have happened. */
export class AnswerLost extends Error {}

/** The server said that it will not, for now or for good: what was asked did not happen. */
export class Refused extends Error {}

/** A connection on loopback, in clear text or over TLS, by lines. */
export class LineClient {
  readonly socket: net.Socket
  #buffer: Buffer = Buffer.alloc(0)
  #ended = false
  #wake: (() => void) | undefined

  private constructor(socket: net.Socket) {
    this.socket = socket
    socket.setNoDelay(true)
    socket.on('data', (chunk: Buffer) => {
      this.#buffer = this.#buffer.length === 0 ? chunk : Buffer.concat([this.#buffer, chunk])
      this.#wake?.()
    })
    socket.on('error', () => undefined)
    socket.on('close', () => {
      this.#ended = true
      this.#wake?.()
    })
  }

  /**
   * Connects to a port of the suite.
   * @param ca the authority, where TLS begins at once; the certificate is checked
   * @throws Refused when nobody listens
   */
  static async connect(port: number, ca?: string): Promise<LineClient> {
    const where = { port, host: '127.0.0.1' }
    const socket =
      ca === undefined
        ? net.connect(where)
        : tls.connect({ ...where, ca, servername: 'mail.example.test' })
    const client = new LineClient(socket)
    await new Promise<void>((resolve, reject) => {
      socket.once(ca === undefined ? 'connect' : 'secureConnect', resolve)
      socket.once('error', () => reject(new Refused('nobody listens')))
      socket.once('close', () => reject(new Refused('closed before it was open')))
    })
    return client
  }

  /** The server's certificate as base64 of its DER form; undefined in clear text. */
  get certificate(): string | undefined {
    if (!(this.socket instanceof tls.TLSSocket)) return undefined
    return this.socket.getPeerX509Certificate()?.raw.toString('base64')
  }

  send(data: Buffer | string): void {
    this.socket.write(data)
  }

  /** The next line without its end. */
  async line(): Promise<string> {
    const octets = await this.#take(() => {
      const end = this.#buffer.indexOf('\r\n')
      return end < 0 ? undefined : end + 2
    })
    return octets.toString('latin1', 0, octets.length - 2)
  }

  async octets(length: number): Promise<string> {
    const octets = await this.#take(() => (this.#buffer.length >= length ? length : undefined))
    return octets.toString('latin1')
  }

  close(): void {
    this.socket.destroy()
  }

  async #take(ready: () => number | undefined): Promise<Buffer> {
    const end = Date.now() + patienceMs
    for (let length = ready(); ; length = ready()) {
      if (length !== undefined) {
        const taken = this.#buffer.subarray(0, length)
        this.#buffer = this.#buffer.subarray(length)
        return taken
      }
      if (this.#ended) throw new AnswerLost('the connection ended')
      if (Date.now() > end) throw new AnswerLost('no answer in time')
      await this.#more(end - Date.now())
    }
  }

  async #more(limitMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, Math.max(1, limitMs))
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
    this.#wake = undefined
  }
}
