/** A line taken from the front, or the news that one was too long. */
export type TakenLine =
  | { readonly kind: 'line'; readonly octets: Buffer }
  | { readonly kind: 'too-long'; readonly start: Buffer; readonly end: Buffer }

/** How much of a line that is thrown away is kept at either end, to say what it was. */
const keptBytes = 64

/** Pieces beyond this are joined, so that a peer that sends single octets costs no more than others. */
const maxChunks = 64

const LF = 0x0a
const CR = 0x0d

/**
 * Octets that have arrived and are not read yet. Pure: it neither waits nor knows a socket. It
 * never holds more of a line than the limit: the rest is dropped as it comes.
 */
export class InputBuffer {
  #chunks: Buffer[] = []
  #size = 0
  /** Chunks before this one, of `#scannedBytes` octets together, hold no LF. */
  #scannedChunks = 0
  #scannedBytes = 0
  #skipped: { start: Buffer; end: Buffer } | undefined

  /** Octets held. */
  get size(): number {
    return this.#size
  }

  push(chunk: Buffer): void {
    if (chunk.length === 0) return
    this.#chunks.push(chunk)
    this.#size += chunk.length
    if (this.#chunks.length > maxChunks) this.#join()
  }

  /** Gives out everything, and forgets a line that is being skipped. */
  takeAll(): Buffer[] {
    const all = this.#chunks
    this.#chunks = []
    this.#size = 0
    this.#skipped = undefined
    this.#rescan()
    return all
  }

  /** Whether a line's end has arrived. */
  get hasLine(): boolean {
    return this.#findLineEnd() !== -1
  }

  /**
   * Takes the line at the front, without its CRLF or LF; undefined when its end has not come. One
   * of more than `maxBytes` is skipped, over several calls if need be.
   */
  takeLine(maxBytes: number): TakenLine | undefined {
    const end = this.#findLineEnd()
    if (end === -1) {
      if (this.#skipped !== undefined || this.#size > maxBytes + 1) this.#skipAll()
      return undefined
    }
    if (this.#skipped !== undefined) return this.#finishSkipping(end)
    if (end > maxBytes + 1) return this.#finishSkipping(end)
    const line = withoutCr(this.#take(end))
    this.#drop(1)
    if (line.length > maxBytes) return tooLong(line, line)
    return { kind: 'line', octets: line }
  }

  /** Takes up to `maxBytes` octets, whatever is at hand in one piece; undefined when nothing is. */
  takePiece(maxBytes: number): Buffer | undefined {
    const first = this.#chunks[0]
    if (first === undefined || maxBytes <= 0) return undefined
    return this.#take(Math.min(first.length, maxBytes))
  }

  #finishSkipping(end: number): TakenLine {
    this.#remember(this.#take(end))
    this.#drop(1)
    const { start, end: tail } = this.#skipped ?? { start: empty, end: empty }
    this.#skipped = undefined
    return tooLong(start, withoutCr(tail))
  }

  #skipAll(): void {
    this.#remember(this.#take(this.#size))
  }

  #remember(octets: Buffer): void {
    const { start, end } = this.#skipped ?? { start: empty, end: empty }
    const wanted = keptBytes - start.length
    this.#skipped = {
      start: wanted > 0 ? Buffer.concat([start, octets.subarray(0, wanted)]) : start,
      // One more than is kept, for the CR that may turn out to belong to the line's end.
      end: Buffer.concat([end, octets.subarray(-keptBytes - 1)]).subarray(-keptBytes - 1),
    }
  }

  #findLineEnd(): number {
    for (; this.#scannedChunks < this.#chunks.length; this.#scannedChunks++) {
      const chunk = this.#chunks[this.#scannedChunks] ?? empty
      const at = chunk.indexOf(LF)
      if (at !== -1) return this.#scannedBytes + at
      this.#scannedBytes += chunk.length
    }
    return -1
  }

  #take(length: number): Buffer {
    const first = this.#chunks[0] ?? empty
    if (length > first.length) this.#join()
    const octets = (this.#chunks[0] ?? empty).subarray(0, length)
    this.#drop(length)
    return octets
  }

  #drop(length: number): void {
    let left = length
    while (left > 0) {
      const first = this.#chunks[0]
      if (first === undefined) break
      if (first.length > left) {
        this.#chunks[0] = first.subarray(left)
        left = 0
      } else {
        this.#chunks.shift()
        left -= first.length
      }
    }
    this.#size -= length - left
    this.#rescan()
  }

  #join(): void {
    this.#chunks = [Buffer.concat(this.#chunks, this.#size)]
    this.#rescan()
  }

  #rescan(): void {
    this.#scannedChunks = 0
    this.#scannedBytes = 0
  }
}

const empty = Buffer.alloc(0)

function withoutCr(line: Buffer): Buffer {
  return line.at(-1) === CR ? line.subarray(0, -1) : line
}

function tooLong(start: Buffer, end: Buffer): TakenLine {
  return {
    kind: 'too-long',
    start: Buffer.from(start.subarray(0, keptBytes)),
    end: Buffer.from(end.subarray(-keptBytes)),
  }
}
