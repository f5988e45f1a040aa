import type { Slab } from './octet-slabs.ts'

/** The octets of some messages, in one piece of memory on loan. */
export class BodyBlock {
  readonly #slab: Slab
  readonly #bodies = new Map<number, Buffer>()
  #filled = 0

  constructor(slab: Slab) {
    this.#slab = slab
  }

  /** The message's octets, until `release`. */
  octets(message: number): Buffer | undefined {
    return this.#bodies.get(message)
  }

  /** Copies a message's octets, which come in two pieces. One that is larger than was expected gets memory of its own. */
  add(message: number, head: Buffer, rest: Buffer): void {
    const length = head.length + rest.length
    const end = this.#filled + length
    const { octets } = this.#slab
    const fits = end <= octets.length
    const body = fits ? octets.subarray(this.#filled, end) : Buffer.allocUnsafeSlow(length)
    head.copy(body)
    rest.copy(body, head.length)
    if (fits) this.#filled = end
    this.#bodies.set(message, body)
  }

  /** Nobody uses these octets any more. */
  release(): void {
    this.#bodies.clear()
    this.#slab.release()
  }

  /** Somebody may be using them: they are left to the garbage collector. */
  abandon(): void {
    this.#bodies.clear()
    this.#slab.abandon()
  }
}
