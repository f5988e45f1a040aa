import { limits } from '../limits.ts'

const zero = 0x30

/** What a chunk needs, and the response that takes it over its size. */
const chunkRoom = limits.chunkBytes + 4096

/** Buffers that wait for the next command, 1 MiB of the process; beyond, they go as they came. */
const mostSpare = 16

const spare: Buffer[] = []

/**
 * A growing piece of output. Responses of which there may be thousands are put together here,
 * without a string for each, and taken out by the chunk.
 */
export class Octets {
  #buffer: Buffer
  #length = 0

  constructor(capacity = 1024) {
    this.#buffer = Buffer.allocUnsafe(capacity)
  }

  /**
   * One with room for a chunk, in memory that goes round: to be given back with `giveBack`. A client that fetches message by
   * message would have a buffer made for each, and the whole heap collected for every 32 MB of them.
   */
  static borrow(): Octets {
    const out = new Octets(0)
    out.#buffer = spare.pop() ?? Buffer.allocUnsafeSlow(chunkRoom)
    return out
  }

  /** Nobody uses what was lent any more, and nothing is added. */
  giveBack(): void {
    if (this.#buffer.length === chunkRoom && spare.length < mostSpare) spare.push(this.#buffer)
    this.#buffer = Buffer.alloc(0)
    this.#length = 0
  }

  /** Octets held now. */
  get length(): number {
    return this.#length
  }

  /** Text that is known to be ASCII. */
  ascii(text: string): this {
    const { length } = text
    this.#room(length)
    // A call into the runtime costs as much as thirty octets by hand.
    if (length > 32) this.#buffer.write(text, this.#length, 'latin1')
    else for (let i = 0; i < length; i += 1) this.#buffer[this.#length + i] = text.charCodeAt(i)
    this.#length += length
    return this
  }

  /** A number from 0 to 2^53-1 in decimal. */
  uint(value: number): this {
    if (value > 0x7fffffff) return this.ascii(String(value))
    this.#room(10)
    const first = this.#length
    let end = first + 1
    for (let power = 10; end < first + 10 && value >= power; power *= 10) end += 1
    let rest = value | 0
    for (let i = end - 1; i >= first; i -= 1) {
      const next = (rest / 10) | 0
      this.#buffer[i] = zero + rest - next * 10
      rest = next
    }
    this.#length = end
    return this
  }

  /** Octets as they are. */
  octets(octets: Uint8Array): this {
    const { length } = octets
    this.#room(length)
    if (length > 32) this.#buffer.set(octets, this.#length)
    else for (let i = 0; i < length; i += 1) this.#buffer[this.#length + i] = octets[i] ?? 0
    this.#length += length
    return this
  }

  /** Octets out of a larger piece: `start` inclusive, `end` exclusive. */
  part(from: Buffer, start: number, end: number): this {
    this.#room(end - start)
    if (end - start > 32) from.copy(this.#buffer, this.#length, start, end)
    else
      for (let i = start, at = this.#length; i < end; i += 1, at += 1)
        this.#buffer[at] = from[i] ?? 0
    this.#length += end - start
    return this
  }

  /** A literal (RFC 3501 §4.3): its length and its octets. */
  literal(octets: Uint8Array): this {
    return this.ascii('{').uint(octets.length).ascii('}\r\n').octets(octets)
  }

  /** Everything held, until something is added: the same memory is used again. */
  lend(): Buffer {
    const whole = this.#buffer.subarray(0, this.#length)
    this.#length = 0
    return whole
  }

  /** Everything held, which is then the caller's; the piece begins anew. */
  take(): Buffer {
    const whole = this.#buffer.subarray(0, this.#length)
    this.#buffer = Buffer.allocUnsafe(Math.max(64, Math.min(this.#buffer.length, 96 * 1024)))
    this.#length = 0
    return whole
  }

  #room(more: number): void {
    const needed = this.#length + more
    if (needed <= this.#buffer.length) return
    const larger = Buffer.allocUnsafe(Math.max(needed, this.#buffer.length * 2))
    this.#buffer.copy(larger, 0, 0, this.#length)
    this.#buffer = larger
  }
}

/** One untagged response from its text, which must be free of CR and LF: `* ` and CRLF are added. */
export function untagged(text: string): Buffer {
  return Buffer.from(`* ${text}\r\n`, 'utf8')
}
