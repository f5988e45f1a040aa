const CR = 0x0d
const LF = 0x0a

/**
 * The header, the empty line and the first `lines` lines of the body (RFC 1939 §7, TOP). Reads no
 * further than that.
 */
export async function* topLines(
  message: Iterable<Buffer> | AsyncIterable<Buffer>,
  lines: number,
): AsyncGenerator<Buffer> {
  const top = new TopCutter(lines)
  for await (const piece of message) {
    const length = top.take(piece)
    yield piece.subarray(0, length)
    if (top.isDone) return
  }
}

/** Finds the end of the top in a message that comes in pieces. */
class TopCutter {
  #left: number
  #isInHeader = true
  /** Octets of the line at hand, CR not counted. */
  #lineLength = 0
  isDone = false

  constructor(lines: number) {
    this.#left = lines
  }

  /** How many octets of the piece belong to the top. */
  take(piece: Buffer): number {
    let from = 0
    for (let at = piece.indexOf(LF); at !== -1; at = piece.indexOf(LF, from)) {
      this.#count(piece, from, at)
      from = at + 1
      this.#endLine()
      if (this.isDone) return from
    }
    this.#count(piece, from, piece.length)
    return piece.length
  }

  #count(piece: Buffer, from: number, to: number): void {
    // Only whether the line is empty matters, and only in the header.
    if (this.#isInHeader)
      for (let i = from; i < to && this.#lineLength === 0; i++) {
        if (piece[i] !== CR) this.#lineLength++
      }
  }

  #endLine(): void {
    if (!this.#isInHeader) this.#left--
    else if (this.#lineLength === 0) this.#isInHeader = false
    this.#lineLength = 0
    this.isDone = !this.#isInHeader && this.#left <= 0
  }
}
