import type { Socket } from 'node:net'
import { Deflater } from './deflater.ts'

/** Octets waiting beyond which writers are asked to wait. */
const highWater = 256 * 1024

/** Waiting writers go on when it has come down to this. */
const lowWater = 64 * 1024

/** Octets handed to the socket at a time, so that progress shows while a large buffer goes out. */
const sliceBytes = 128 * 1024

/** The same where they are compressed first, about a millisecond of work: others have their turn in between. */
const compressedSliceBytes = 32 * 1024

/** Collected octets that leave at once, without waiting for the end of the turn. */
const batchBytes = 64 * 1024

/**
 * The sending side of a connection: collects the small writes of a turn into one segment, holds
 * back-pressure, and counts progress. After `close` writes do nothing and nobody waits.
 */
export class SocketWriter {
  #socket: Socket
  #text = ''
  #batch: Buffer[] = []
  #batchBytes = 0
  #queue: Buffer[] = []
  #queueBytes = 0
  #isScheduled = false
  #isClosed = false
  #waiting: { readonly atMost: number; readonly resolve: () => void }[] = []
  #sentBytes = 0
  #deflater: Deflater | undefined
  #isCompressing = false

  constructor(socket: Socket) {
    this.#socket = socket
  }

  /** Octets that the system has not taken yet. */
  get pendingBytes(): number {
    return this.#isClosed ? 0 : this.#batchBytes + this.#queueBytes + this.#socket.writableLength
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

  /** Takes octets; a promise means: wait before making more. */
  write(octets: Buffer | string): Promise<void> | void {
    if (this.#isClosed || octets.length === 0) return
    this.#collect(octets)
    if (this.#batchBytes >= batchBytes) this.send()
    else this.#schedule()
    if (this.pendingBytes > highWater) return this.#untilAtMost(lowWater)
  }

  /** Resolves when all of it has been handed over, or the end has come. */
  flush(): Promise<void> {
    this.send()
    return this.#untilAtMost(0)
  }

  /** Sends what was collected, now. */
  send(): void {
    if (this.#isClosed || this.#batchBytes === 0) return
    this.#endText()
    for (const part of joined(this.#batch)) this.#enqueue(part)
    this.#batch = []
    this.#batchBytes = 0
    this.#pump()
  }

  /** The connection is over: drops what is waiting and lets everyone who waits go on. */
  close(): void {
    this.#isClosed = true
    this.#text = ''
    this.#batch = []
    this.#queue = []
    this.#batchBytes = 0
    this.#queueBytes = 0
    for (const { resolve } of this.#waiting.splice(0)) resolve()
  }

  #collect(octets: Buffer | string): void {
    this.#batchBytes += octets.length
    if (typeof octets === 'string') this.#text += octets
    else {
      this.#endText()
      this.#batch.push(octets)
    }
  }

  #endText(): void {
    if (this.#text === '') return
    const octets = Buffer.from(this.#text, 'utf8')
    this.#batchBytes += octets.length - this.#text.length
    this.#batch.push(octets)
    this.#text = ''
  }

  #schedule(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    setImmediate(() => {
      this.#isScheduled = false
      this.send()
    })
  }

  #enqueue(part: Buffer): void {
    const step = this.#deflater === undefined ? sliceBytes : compressedSliceBytes
    for (let at = 0; at < part.length; at += step) this.#queue.push(part.subarray(at, at + step))
    this.#queueBytes += part.length
  }

  /** What the socket may have now goes to it in one system call, however many parts it is in. */
  #pump(): void {
    if (this.#deflater !== undefined) return this.#pumpCompressed(this.#deflater)
    this.#socket.cork()
    while (this.#socket.writableLength < sliceBytes) {
      const slice = this.#queue.shift()
      if (slice === undefined) break
      this.#queueBytes -= slice.length
      this.#socket.write(slice, (error) => this.#written(slice.length, error))
    }
    this.#socket.uncork()
  }

  /** One slice at a time; the next one is made when the system has taken this one. */
  #pumpCompressed(deflater: Deflater): void {
    if (this.#isCompressing) return
    const slice = this.#queue.shift()
    if (slice === undefined) return
    this.#queueBytes -= slice.length
    this.#isCompressing = true
    this.#socket.write(deflater.compress(slice), (error) => {
      this.#isCompressing = false
      this.#written(slice.length, error)
    })
  }

  #written(length: number, error: Error | null | undefined): void {
    // After an error the socket closes, and the connection with it calls `close`.
    if (this.#isClosed || error) return
    this.#sentBytes += length
    this.#pump()
    if (this.#waiting.length === 0) return
    const pending = this.pendingBytes
    const [done, still] = partition(this.#waiting, ({ atMost }) => pending <= atMost)
    this.#waiting = still
    for (const { resolve } of done) resolve()
  }

  #untilAtMost(atMost: number): Promise<void> {
    if (this.pendingBytes <= atMost) return Promise.resolve()
    return new Promise((resolve) => this.#waiting.push({ atMost, resolve }))
  }
}

/** Neighbouring small parts as one; large ones stay as they are, uncopied. */
function joined(parts: readonly Buffer[]): Buffer[] {
  const whole: Buffer[] = []
  let small: Buffer[] = []
  const close = () => {
    if (small.length > 0)
      whole.push(small.length === 1 ? (small[0] ?? empty) : Buffer.concat(small))
    small = []
  }
  for (const part of parts) {
    if (part.length < 8192) small.push(part)
    else {
      close()
      whole.push(part)
    }
  }
  close()
  return whole
}

const empty = Buffer.alloc(0)

function partition<T>(all: readonly T[], test: (one: T) => boolean): [T[], T[]] {
  const yes: T[] = []
  const no: T[] = []
  for (const one of all) (test(one) ? yes : no).push(one)
  return [yes, no]
}
