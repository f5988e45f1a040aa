import type { Socket } from 'node:net'
import { Deflater } from './deflater.ts'
import { SendQueue, type SendPart } from './send-queue.ts'

/** Octets waiting beyond which writers are asked to wait. */
const highWater = 256 * 1024

/** Waiting writers go on when it has come down to this. */
const lowWater = 64 * 1024

/** Octets that the socket has at a time, so that progress shows while much goes out. */
const socketBytes = 128 * 1024

/** What is compressed at a time, about a millisecond of work: others have their turn in between. */
const compressedBytes = 32 * 1024

/** Collected octets that leave at once, without waiting for the end of the turn. */
const batchBytes = 64 * 1024

/** A large piece of which a part is still its writer's. */
interface Rest {
  readonly octets: Buffer
  at: number
  readonly resolve: () => void
}

/**
 * The sending side of a connection: copies what is written into buffers of its own, sends the small writes of a turn as
 * one, holds back-pressure, and counts progress. After `close` writes do nothing and nobody waits.
 */
export class SocketWriter {
  readonly #queue = new SendQueue()
  readonly #rest: Rest[] = []
  #socket: Socket
  #isDue = false
  #isScheduled = false
  #isClosed = false
  #waiting: { readonly atMost: number; readonly resolve: () => void }[] = []
  #sentBytes = 0
  #deflater: Deflater | undefined
  #compressing: { readonly part: SendPart; at: number } | undefined

  constructor(socket: Socket) {
    this.#socket = socket
  }

  /** Octets that the system has not taken yet. */
  get pendingBytes(): number {
    if (this.#isClosed) return 0
    let bytes = this.#heldBytes
    for (const { octets, at } of this.#rest) bytes += octets.length - at
    return bytes
  }

  /** Grows as the peer reads. */
  get sentBytes(): number {
    return this.#sentBytes
  }

  /** Goes on with another socket (TLS over the former). */
  attach(socket: Socket): void {
    this.#socket = socket
  }

  /** From here on everything is compressed (RFC 4978); what was written before must have been flushed. */
  compress(): void {
    this.#deflater = new Deflater()
  }

  /** Takes octets; a promise means: wait before making more, and before using these again. */
  write(octets: Buffer | string): Promise<void> | void {
    if (this.#isClosed || octets.length === 0) return
    if (this.#rest.length > 0) return this.#later(Buffer.from(octets))
    if (typeof octets === 'string') this.#queue.addText(octets)
    else {
      const at = this.#queue.add(octets, 0, this.#room)
      if (at < octets.length) return this.#later(octets, at)
    }
    this.#schedule()
    if (this.#queue.size >= batchBytes) this.#pump()
    if (this.#heldBytes > highWater) return this.#untilAtMost(lowWater)
  }

  /** Resolves when all of it has been handed over, or the end has come. */
  flush(): Promise<void> {
    this.send()
    return this.#untilAtMost(0)
  }

  /** Sends what was collected, now. */
  send(): void {
    if (this.#isClosed || this.#queue.size === 0) return
    this.#isDue = true
    this.#pump()
  }

  /** The connection is over: drops what is waiting and lets everyone who waits go on. */
  close(): void {
    this.#isClosed = true
    this.#queue.clear()
    for (const { resolve } of this.#rest.splice(0)) resolve()
    for (const { resolve } of this.#waiting.splice(0)) resolve()
  }

  get #heldBytes(): number {
    const compressing = this.#compressing
    const here = compressing === undefined ? 0 : compressing.part.octets.length - compressing.at
    return this.#queue.size + here + this.#socket.writableLength
  }

  /** A whole piece of moderate size always fits; a large one is taken over bit by bit. */
  get #room(): number {
    return Math.max(batchBytes, highWater - this.#heldBytes)
  }

  #later(octets: Buffer, at = 0): Promise<void> {
    return new Promise((resolve) => {
      this.#rest.push({ octets, at, resolve })
      this.send()
    })
  }

  #schedule(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    setImmediate(() => {
      this.#isScheduled = false
      this.send()
    })
  }

  #pump(): void {
    if (this.#deflater !== undefined) return this.#pumpCompressed(this.#deflater)
    while (this.#socket.writableLength < socketBytes) {
      const part = this.#next()
      if (part === undefined) return
      const { length } = part.octets
      this.#socket.write(part.octets, (error) => {
        if (!error) part.release()
        this.#written(length, error)
      })
    }
  }

  #next(): SendPart | undefined {
    const part = this.#queue.take(this.#isDue)
    if (this.#queue.size === 0) this.#isDue = false
    return part
  }

  /** One slice at a time; the next one is made when the system has taken this one. */
  #pumpCompressed(deflater: Deflater): void {
    if (this.#compressing !== undefined) return
    const part = this.#next()
    if (part === undefined) return
    this.#compressing = { part, at: 0 }
    this.#compressSlice(deflater, this.#compressing)
  }

  #compressSlice(deflater: Deflater, work: { readonly part: SendPart; at: number }): void {
    const slice = work.part.octets.subarray(work.at, work.at + compressedBytes)
    work.at += slice.length
    this.#socket.write(deflater.compress(slice), (error) => {
      const isLast = work.at === work.part.octets.length
      if (isLast) {
        this.#compressing = undefined
        if (!error) work.part.release()
      } else if (!this.#isClosed && !error) this.#compressSlice(deflater, work)
      this.#written(slice.length, error)
    })
  }

  #written(length: number, error: Error | null | undefined): void {
    // After an error the socket closes, and the connection with it calls `close`.
    if (this.#isClosed || error) return
    this.#sentBytes += length
    this.#takeRest()
    this.#pump()
    if (this.#waiting.length === 0) return
    const pending = this.pendingBytes
    const [done, still] = partition(this.#waiting, ({ atMost }) => pending <= atMost)
    this.#waiting = still
    for (const { resolve } of done) resolve()
  }

  /** Takes over more of the large pieces, as far as there is room. */
  #takeRest(): void {
    for (let first = this.#rest[0]; first !== undefined; first = this.#rest[0]) {
      const room = highWater - this.#heldBytes
      if (room <= 0) return
      this.#isDue = true
      first.at = this.#queue.add(first.octets, first.at, room)
      if (first.at < first.octets.length) return
      this.#rest.shift()
      first.resolve()
    }
  }

  #untilAtMost(atMost: number): Promise<void> {
    if (this.pendingBytes <= atMost) return Promise.resolve()
    return new Promise((resolve) => this.#waiting.push({ atMost, resolve }))
  }
}

function partition<T>(all: readonly T[], test: (one: T) => boolean): [T[], T[]] {
  const yes: T[] = []
  const no: T[] = []
  for (const one of all) (test(one) ? yes : no).push(one)
  return [yes, no]
}
