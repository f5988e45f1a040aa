/** Memory for what one read of the socket brings. */
const usualBytes = 128 * 1024

/** A buffer that grew beyond this for one message is not kept. */
const keptBytes = 1024 * 1024

/** Code and length (PostgreSQL's protocol 3, "Message Formats"). */
const headerBytes = 5

/**
 * Cuts what a socket receives into whole messages of PostgreSQL's protocol, in memory that is used again and again: what
 * `give` gets is overwritten by the next read.
 */
export class WholeMessages {
  readonly #give: (messages: Buffer) => void
  #buffer = Buffer.allocUnsafeSlow(usualBytes)
  /** Octets of messages that have not come whole. */
  #held = 0

  constructor(give: (messages: Buffer) => void) {
    this.#give = give
  }

  /** Where the next octets are to be put. */
  get room(): Buffer {
    return this.#buffer.subarray(this.#held)
  }

  /** So many octets have been put there. */
  take(count: number): void {
    const end = this.#held + count
    const whole = this.#wholeUntil(end)
    this.#held = end
    if (whole > 0) {
      this.#give(this.#buffer.subarray(0, whole))
      this.#buffer.copyWithin(0, whole, end)
      this.#held = end - whole
    }
    this.#makeRoom()
  }

  #wholeUntil(end: number): number {
    let at = 0
    while (end - at >= headerBytes) {
      const next = at + 1 + this.#buffer.readUInt32BE(at + 1)
      if (next > end) break
      at = next
    }
    return at
  }

  /** The message at the front must fit, and the buffer never be full of a part of it. */
  #makeRoom(): void {
    const wanted = this.#held < headerBytes ? 0 : this.#buffer.readUInt32BE(1) + headerBytes
    const isTooSmall = wanted > this.#buffer.length - headerBytes
    const isTooLarge = this.#buffer.length > keptBytes && wanted <= usualBytes / 2
    if (!isTooSmall && !isTooLarge) return
    const larger = Buffer.allocUnsafeSlow(Math.max(usualBytes, wanted + usualBytes))
    this.#buffer.copy(larger, 0, 0, this.#held)
    this.#buffer = larger
  }
}
