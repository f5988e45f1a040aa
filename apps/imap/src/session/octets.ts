const zero = 0x30

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

  /** Octets held now. */
  get length(): number {
    return this.#length
  }

  /** Text that is known to be ASCII. */
  ascii(text: string): this {
    this.#room(text.length)
    this.#buffer.write(text, this.#length, 'latin1')
    this.#length += text.length
    return this
  }

  /** A number from 0 to 2^53-1 in decimal. */
  uint(value: number): this {
    if (value >= 0xffffffff) return this.ascii(String(value))
    this.#room(10)
    let digits = 1
    for (let rest = value; rest >= 10; rest = Math.floor(rest / 10)) digits += 1
    let rest = value
    for (let i = this.#length + digits - 1; i >= this.#length; i -= 1) {
      const next = Math.floor(rest / 10)
      this.#buffer[i] = zero + rest - next * 10
      rest = next
    }
    this.#length += digits
    return this
  }

  /** Octets as they are. */
  octets(octets: Uint8Array): this {
    this.#room(octets.length)
    this.#buffer.set(octets, this.#length)
    this.#length += octets.length
    return this
  }

  /** A literal (RFC 3501 §4.3): its length and its octets. */
  literal(octets: Uint8Array): this {
    return this.ascii('{').uint(octets.length).ascii('}\r\n').octets(octets)
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
