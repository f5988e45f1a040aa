import type { Socket } from 'node:net'
import { constants, createInflateRaw, type InflateRaw } from 'node:zlib'

/** What becomes of a compressed peer's octets. */
export interface InflaterEvents {
  readonly data: (octets: Buffer) => void
  readonly end: () => void
  /** What came is no DEFLATE stream, or a bomb. */
  readonly failed: (error: Error) => void
}

/** What may be made of little before the ratio is looked at: more than any message that is taken. */
const freeBytes = 512 * 1024 * 1024

/** DEFLATE reaches 1032 with blanks; whole sessions of real mail stay below 20. */
const mostRatio = 200

/**
 * The receiving side of a compressed connection (RFC 4978): a raw DEFLATE stream (RFC 1951) from a socket. It
 * holds a piece and its 32 KiB window, however much the octets grow: what is not taken is not inflated, and
 * then the socket is not read.
 */
export class Inflater {
  readonly #inflate: InflateRaw
  readonly #socket: Socket
  readonly #events: InflaterEvents
  #received = 0
  #inflated = 0

  /** `ahead`: what had come already when compression began. */
  constructor(socket: Socket, ahead: readonly Buffer[], events: InflaterEvents) {
    this.#socket = socket
    this.#events = events
    this.#inflate = createInflateRaw({
      // Neither a peer that hangs up between two blocks nor one that ends its stream is an error.
      finishFlush: constants.Z_SYNC_FLUSH,
    })
    this.#inflate.on('data', (octets: Buffer) => this.#hand(octets))
    this.#inflate.once('end', events.end)
    this.#inflate.once('error', events.failed)
    for (const octets of ahead) this.#take(octets)
    socket.on('data', (octets: Buffer) => this.#take(octets))
    socket.once('end', () => this.#inflate.end())
    this.#inflate.on('drain', () => socket.resume())
  }

  /** Nothing more is taken until `resume`. */
  pause(): void {
    this.#inflate.pause()
  }

  resume(): void {
    this.#inflate.resume()
  }

  /** Lets go of zlib's memory. Nothing comes any more. */
  close(): void {
    this.#inflate.removeAllListeners('data')
    this.#inflate.destroy()
  }

  #take(octets: Buffer): void {
    this.#received += octets.length
    if (this.#inflate.writable && !this.#inflate.write(octets)) this.#socket.pause()
  }

  #hand(octets: Buffer): void {
    this.#inflated += octets.length
    if (this.#inflated > freeBytes && this.#inflated > mostRatio * this.#received) {
      this.#inflate.destroy(new Error('compressed input that grows without end'))
    } else this.#events.data(octets)
  }
}
