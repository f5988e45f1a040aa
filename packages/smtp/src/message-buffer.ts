import type { MemoryBudget } from './memory-budget.ts'

const FIRST_BLOCK = 16 * 1024
const LARGEST_BLOCK = 4 * 1024 * 1024
/** Below this, a loop copies faster than a call. */
const SMALL_COPY = 24

/**
 * A message while it comes in: octets are copied into blocks that grow with it, so that a peer that
 * sends single octets cannot make us hold a thousand small buffers. Every block is paid for out of a
 * budget.
 */
export class MessageBuffer {
  readonly #budget: MemoryBudget
  readonly #maxBytes: number
  #full: Buffer[] = []
  #block: Buffer | undefined
  #filled = 0
  #size = 0
  #paid = 0

  constructor(budget: MemoryBudget, maxBytes: number) {
    this.#budget = budget
    this.#maxBytes = maxBytes
  }

  /** Octets kept so far. */
  get size(): number {
    return this.#size
  }

  /** Copies a range in. `too-large` or `no-memory` where it does not fit: drop the message then. */
  append(chunk: Buffer, start: number, end: number): 'ok' | 'too-large' | 'no-memory' {
    if (this.#size + (end - start) > this.#maxBytes) return 'too-large'
    let from = start
    while (from < end) {
      const block = this.#room()
      if (block === undefined) return 'no-memory'
      const count = Math.min(end - from, block.length - this.#filled)
      copy(chunk, from, block, this.#filled, count)
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
  join(): Buffer | undefined {
    const block = this.#block?.subarray(0, this.#filled) ?? Buffer.alloc(0)
    if (this.#full.length === 0) return block
    if (!this.#pay(this.#size)) return undefined
    const joined = Buffer.concat([...this.#full, block], this.#size)
    this.#full = []
    this.#block = undefined
    this.#budget.give(this.#paid - this.#size)
    this.#paid = this.#size
    return joined
  }

  /** Gives the memory back. */
  release(): void {
    this.#budget.give(this.#paid)
    this.#paid = 0
    this.#full = []
    this.#block = undefined
  }

  #room(): Buffer | undefined {
    if (this.#block !== undefined && this.#filled < this.#block.length) return this.#block
    const wanted = Math.min(Math.max(this.#size, FIRST_BLOCK), LARGEST_BLOCK)
    if (!this.#pay(wanted)) return undefined
    if (this.#block !== undefined) this.#full.push(this.#block)
    this.#block = Buffer.allocUnsafeSlow(wanted)
    this.#filled = 0
    return this.#block
  }

  #pay(bytes: number): boolean {
    if (!this.#budget.take(bytes)) return false
    this.#paid += bytes
    return true
  }
}

function copy(from: Buffer, start: number, to: Buffer, at: number, count: number): void {
  if (count > SMALL_COPY) {
    from.copy(to, at, start, start + count)
    return
  }
  for (let i = 0; i < count; i += 1) to[at + i] = from[start + i] ?? 0
}
