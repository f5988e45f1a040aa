import { limits } from './limits.ts'

/** A message of the maildrop, as far as reading goes. */
export interface Readable {
  readonly number: number
  readonly size: number
}

/** Where messages come from. */
export interface ReadAheadSource {
  /** Reads messages by one query; those that are gone are missing in the answer. */
  fetch(numbers: readonly number[]): Promise<ReadonlyMap<number, Buffer>>
  /** The messages from this one on, itself included, in the order in which they will be asked for. */
  following(number: number): Iterable<Readable>
}

/**
 * Fetches messages before they are asked for. Clients read a maildrop from one end to the other,
 * and one query for the next 32 messages costs a tenth of 32 queries. A message that is not the one
 * after the last is fetched alone. Two blocks at most are held: the one in use, and the next.
 */
export class ReadAhead {
  readonly #source: ReadAheadSource
  #block: Block | undefined
  #next: Block | undefined
  #expected: number | undefined = 1

  constructor(source: ReadAheadSource) {
    this.#source = source
  }

  /** The message's octets; undefined when it is gone. */
  async read(number: number): Promise<Buffer | undefined> {
    const block = this.#blockWith(number)
    this.#block = block
    const { numbers } = block
    const at = numbers.indexOf(number)
    if (at >= numbers.length / 2) this.#lookAhead(block)
    this.#expected = numbers[at + 1] ?? block.after
    return (await block.octets).get(number)
  }

  /** Lets go of what was fetched and not read. */
  forget(): void {
    this.#block = undefined
    this.#next = undefined
  }

  #blockWith(number: number): Block {
    for (const block of [this.#block, this.#next]) {
      if (block === undefined || block.hasFailed || !block.numbers.includes(number)) continue
      if (block === this.#next) this.#next = undefined
      return block
    }
    this.#next = undefined
    return this.#begin(number, number === this.#expected ? limits.readAheadMessages : 1)
  }

  #lookAhead(block: Block): void {
    if (block.after === undefined || block.numbers.length === 1 || this.#next !== undefined) return
    this.#next = this.#begin(block.after, limits.readAheadMessages)
  }

  #begin(first: number, most: number): Block {
    const numbers: number[] = []
    let bytes = 0
    let after: number | undefined
    for (const { number, size } of this.#source.following(first)) {
      const isFull = numbers.length >= most || bytes + size > limits.readAheadBytes
      if (numbers.length > 0 && isFull) {
        after = number
        break
      }
      numbers.push(number)
      bytes += size
    }
    const octets = this.#source.fetch(numbers)
    const block: Block = { numbers, after, octets, hasFailed: false }
    // A failure is told to whoever reads; a block that nobody reads fails unseen.
    octets.catch(() => {
      block.hasFailed = true
    })
    return block
  }
}

interface Block {
  readonly numbers: readonly number[]
  /** The message after the block. */
  readonly after: number | undefined
  readonly octets: Promise<ReadonlyMap<number, Buffer>>
  hasFailed: boolean
}
