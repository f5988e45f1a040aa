import { memoryWaitMs, type MemoryBudget, type Tenant } from './memory-budget.ts'

const FIRST_BLOCK = 16 * 1024
const LARGEST_BLOCK = 4 * 1024 * 1024
/** From here on a declared size is believed: one block for all that is to come. */
const BELIEF = 1024 * 1024
/** Below this, a loop copies faster than a call. */
const SMALL_COPY = 24

/**
 * A message while it comes in: octets are copied into blocks that grow with it, so that a peer that
 * sends single octets cannot make us hold a thousand small buffers. What is filled is paid for out
 * of a budget. Where SIZE was declared (RFC 1870) a large message gets its whole block early, which
 * saves joining; memory that is not written to yet costs nothing.
 */
export class MessageBuffer implements Tenant {
  held = 0
  readonly #budget: MemoryBudget
  readonly #maxBytes: number
  readonly #declared: number
  #full: Buffer[] = []
  #block: Buffer = Buffer.alloc(0)
  #filled = 0
  #size = 0

  constructor(budget: MemoryBudget, maxBytes: number, declaredBytes = 0) {
    this.#budget = budget
    this.#maxBytes = maxBytes
    this.#declared = Math.min(declaredBytes, maxBytes)
  }

  /** Octets kept so far. */
  get size(): number {
    return this.#size
  }

  /** Pays for so many octets more; false where they are not to be had now. */
  reserve(bytes: number): boolean {
    const missing = this.#missing(bytes)
    return missing <= 0 || this.#budget.take(this, missing)
  }

  /** The same, and waits for them; false when they did not come. */
  async await(bytes: number): Promise<boolean> {
    const missing = this.#missing(bytes)
    return missing <= 0 || (await this.#budget.wait(this, missing, memoryWaitMs))
  }

  /** Copies a range in. `too-large` or `no-memory` where it does not fit: drop the message then. */
  append(chunk: Buffer, start: number, end: number): 'ok' | 'too-large' | 'no-memory' {
    if (this.#size + (end - start) > this.#maxBytes) return 'too-large'
    if (!this.reserve(end - start)) return 'no-memory'
    let from = start
    while (from < end) {
      if (this.#filled === this.#block.length) this.#grow()
      const count = Math.min(end - from, this.#block.length - this.#filled)
      copy(chunk, from, this.#block, this.#filled, count)
      this.#filled += count
      this.#size += count
      from += count
    }
    return 'ok'
  }

  /**
   * The message in one piece, or undefined where there is no memory to join it. It stays paid for
   * until `release`.
   */
  async join(): Promise<Buffer | undefined> {
    const block = this.#block.subarray(0, this.#filled)
    if (this.#full.length === 0) return block
    if (!(await this.#budget.wait(this, this.#size, memoryWaitMs))) return undefined
    const joined = Buffer.concat([...this.#full, block], this.#size)
    this.#drop()
    this.#budget.give(this, this.held - this.#size)
    return joined
  }

  /** Gives the memory back. */
  release(): void {
    this.#drop()
    this.#budget.leave(this)
  }

  #drop(): void {
    this.#full = []
    this.#block = Buffer.alloc(0)
    this.#filled = 0
  }

  /** What has to be paid for so many octets more: in steps, so that it is not asked for each piece. */
  #missing(bytes: number): number {
    const wanted = this.#size + bytes - this.held
    return wanted <= 0 ? 0 : Math.max(wanted, this.#step())
  }

  #grow(): void {
    const old = this.#block
    if (this.#size >= BELIEF && this.#declared > this.#size) {
      const whole = Buffer.allocUnsafeSlow(this.#declared)
      this.#filled = Buffer.concat([...this.#full, old], this.#size).copy(whole)
      this.#full = []
      this.#block = whole
      return
    }
    if (old.length > 0) this.#full.push(old)
    this.#block = Buffer.allocUnsafeSlow(this.#step())
    this.#filled = 0
  }

  #step(): number {
    return Math.min(Math.max(this.#size, FIRST_BLOCK), LARGEST_BLOCK)
  }
}

function copy(from: Buffer, start: number, to: Buffer, at: number, count: number): void {
  if (count > SMALL_COPY) {
    from.copy(to, at, start, start + count)
    return
  }
  for (let i = 0; i < count; i += 1) to[at + i] = from[start + i] ?? 0
}
