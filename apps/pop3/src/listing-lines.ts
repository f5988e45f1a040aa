const zero = 0x30
const letterA = 0x61

/** Octets of a piece: a list of 50,000 is 30 pieces, and others have their turn between two. */
const pieceBytes = 32 * 1024

/** No line is longer (a unique id is 70 characters at most, RFC 1939 §7). */
export const lineBytes = 128

/**
 * The lines of a long list, without a string for each. What `take` gives is overwritten by what is written next.
 */
export class ListingLines {
  readonly #octets: Buffer
  #length = 0

  /** @param capacity octets that are written before they are taken, at most */
  constructor(capacity = pieceBytes) {
    this.#octets = Buffer.allocUnsafe(capacity)
  }

  /** There is room for no more than one line. */
  get isFull(): boolean {
    return this.#length > this.#octets.length - 2 * lineBytes
  }

  /** A number below 2^32 in decimal. */
  decimal(value: number): this {
    let digits = 1
    for (let rest = value; rest >= 10; rest = Math.floor(rest / 10)) digits++
    let rest = value
    for (let at = this.#length + digits - 1; at >= this.#length; at--) {
      const next = Math.floor(rest / 10)
      this.#octets[at] = zero + rest - next * 10
      rest = next
    }
    this.#length += digits
    return this
  }

  /** A number below 2^32 in eight hexadecimal digits. */
  hex8(value: number): this {
    for (let shift = 28; shift >= 0; shift -= 4) {
      const digit = (value >>> shift) & 0xf
      this.#octets[this.#length++] = digit < 10 ? zero + digit : letterA + digit - 10
    }
    return this
  }

  /** ASCII. */
  text(text: string): this {
    this.#length += this.#octets.write(text, this.#length, 'latin1')
    return this
  }

  /** What was written since the last time. */
  take(): Buffer {
    const piece = this.#octets.subarray(0, this.#length)
    this.#length = 0
    return piece
  }
}

/** One line for each message, and the terminator, which leaves with the last of them. */
export function* listed<Message>(
  messages: Iterable<Message>,
  write: (lines: ListingLines, message: Message) => void,
): Generator<Buffer> {
  const lines = new ListingLines()
  for (const message of messages) {
    if (lines.isFull) yield lines.take()
    write(lines, message)
    lines.text('\r\n')
  }
  yield lines.text('.\r\n').take()
}
