import type { Connection } from '@posthouse/line-server'

/** Larger pieces are sent as they are; smaller ones are copied together first. */
const copyBelowBytes = 16 * 1024

/**
 * The one place that writes to a client. Gathers small responses into large writes, and lets its
 * caller wait when the client does not read: a session that is waiting here makes nothing more, so
 * a client that stops reading costs its buffers and no more.
 */
export class Outbox {
  readonly #connection: Connection
  readonly #chunkBytes: number
  #waiting: Buffer[] = []
  #bytes = 0

  constructor(connection: Connection, chunkBytes: number) {
    this.#connection = connection
    this.#chunkBytes = chunkBytes
  }

  /** Takes a piece; resolves when there is room for another. */
  async put(octets: Buffer): Promise<void> {
    if (octets.length === 0) return
    if (octets.length >= copyBelowBytes) {
      await this.send()
      await this.#connection.write(octets)
      return
    }
    this.#waiting.push(octets)
    this.#bytes += octets.length
    if (this.#bytes >= this.#chunkBytes) await this.send()
  }

  /** Hands everything gathered to the connection: before waiting for the client to say something. */
  async send(): Promise<void> {
    if (this.#bytes === 0) return
    const [first] = this.#waiting
    const whole =
      first !== undefined && this.#waiting.length === 1 ? first : Buffer.concat(this.#waiting)
    this.#waiting = []
    this.#bytes = 0
    await this.#connection.write(whole)
  }
}
