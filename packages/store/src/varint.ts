/** Writes whole numbers in 7-bit groups, low group first: below 128 one octet, any number below 2^53. */
export class VarintWriter {
  #octets = Buffer.allocUnsafe(256)
  #length = 0

  /** Octets written so far. */
  get length(): number {
    return this.#length
  }

  /** Appends a whole number from 0 to 2^53 - 1. */
  write(value: number): void {
    if (this.#length + 8 > this.#octets.length) this.#grow()
    let rest = value
    while (rest >= 0x80) {
      this.#octets[this.#length++] = (rest % 0x80) | 0x80
      rest = Math.floor(rest / 0x80)
    }
    this.#octets[this.#length++] = rest
  }

  /** Appends a whole number of either sign, small ones shortly. */
  writeSigned(value: number): void {
    this.write(value >= 0 ? value * 2 : -value * 2 - 1)
  }

  /** A copy of what was written. */
  finish(): Buffer {
    return Buffer.from(this.#octets.subarray(0, this.#length))
  }

  #grow(): void {
    const larger = Buffer.allocUnsafe(this.#octets.length * 2)
    this.#octets.copy(larger)
    this.#octets = larger
  }
}

/** Reads what `VarintWriter` wrote. Throws a RangeError at the end of the octets. */
export class VarintReader {
  readonly #octets: Uint8Array
  #at = 0

  constructor(octets: Uint8Array) {
    this.#octets = octets
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#octets.length
  }

  read(): number {
    let value = 0
    let scale = 1
    for (;;) {
      const octet = this.#octets[this.#at++]
      if (octet === undefined) throw new RangeError('packed number is cut off')
      value += (octet & 0x7f) * scale
      if (octet < 0x80) return value
      scale *= 0x80
    }
  }

  readSigned(): number {
    const value = this.read()
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2
  }
}
