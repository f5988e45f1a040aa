/** Reads the columns of one row of `COPY … (FORMAT binary)`, in order. */
export class TupleReader {
  readonly #octets: Buffer
  #at: number

  constructor(octets: Buffer, at: number) {
    this.#octets = octets
    this.#at = at
  }

  /** Where the next column (or row) begins. */
  get position(): number {
    return this.#at
  }

  /** int2, int4 or int8, which must be below 2^53. Null reads as 0. */
  integer(): number {
    const length = this.#length()
    const at = this.#at
    this.#at += Math.max(length, 0)
    if (length === 8) {
      return this.#octets.readInt32BE(at) * 0x1_0000_0000 + this.#octets.readUInt32BE(at + 4)
    }
    if (length === 4) return this.#octets.readInt32BE(at)
    if (length === 2) return this.#octets.readInt16BE(at)
    if (length === -1) return 0
    throw new RangeError(`no integer has ${length} octets`)
  }

  /** An integer; null where it is. */
  optionalInteger(): number | null {
    if (this.#octets.readInt32BE(this.#at) !== -1) return this.integer()
    this.#at += 4
    return null
  }

  /** A copy of a bytea; null where it is. */
  bytes(): Buffer | null {
    const length = this.#length()
    if (length < 0) return null
    const value = Buffer.allocUnsafeSlow(length)
    this.#octets.copy(value, 0, this.#at, this.#at + length)
    this.#at += length
    return value
  }

  /** The octets of a bytea where they stand, to be used before the message they came in is gone; null where it is. */
  view(): Buffer | null {
    const length = this.#length()
    if (length < 0) return null
    const value = this.#octets.subarray(this.#at, this.#at + length)
    this.#at += length
    return value
  }

  /** A text; null where it is. */
  text(): string | null {
    const length = this.#length()
    if (length < 0) return null
    const value = this.#octets.toString('utf8', this.#at, this.#at + length)
    this.#at += length
    return value
  }

  /** The next columns as they stand, each behind its length: a copy. */
  columns(count: number): Buffer {
    const start = this.#at
    for (let i = 0; i < count; i++) {
      const length = this.#length()
      this.#at += Math.max(length, 0)
    }
    return Buffer.from(this.#octets.subarray(start, this.#at))
  }

  #length(): number {
    const length = this.#octets.readInt32BE(this.#at)
    this.#at += 4
    if (length > this.#octets.length - this.#at) throw new RangeError('COPY row is cut off')
    return length
  }
}

const signature = Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1')

/**
 * Walks the rows in one CopyData message. Postgres sends the header together with the first row, and one row per
 * message; a row over two messages would be an error here, and is thrown as one.
 */
export function readTuples(message: Buffer, onRow: (row: TupleReader) => void): void {
  let at = 0
  if (message.subarray(0, signature.length).equals(signature)) {
    at = signature.length + 8 + message.readUInt32BE(signature.length + 4)
  }
  while (at < message.length) {
    if (message.readInt16BE(at) < 0) return
    const row = new TupleReader(message, at + 2)
    onRow(row)
    at = row.position
  }
}
