import { VarintReader, VarintWriter } from './varint.ts'

const newline = 0x0a

/** Packs lists of ascending numbers: how long the sizes are, the size of each list, the lists as gaps. */
export function packWordLists(lists: readonly (readonly number[])[]): Buffer {
  const sizes = new VarintWriter()
  const gaps = new VarintWriter()
  for (const list of lists) {
    const before = gaps.length
    let last = -1
    for (const number of list) {
      gaps.write(number - last - 1)
      last = number
    }
    sizes.write(gaps.length - before)
  }
  const head = Buffer.alloc(4)
  head.writeUInt32BE(sizes.length)
  return Buffer.concat([head, sizes.finish(), gaps.finish()])
}

/** The lists of the words of a dictionary, by the word's place in it. */
export class WordListTable {
  /** Where each word begins in the text of words. */
  readonly #starts: Uint32Array
  /** Where each list ends. */
  readonly #ends: Uint32Array
  readonly #gaps: Buffer

  /** `words`: one a line, a line's end before the first. */
  constructor(words: Buffer, packed: Buffer) {
    const head = 4 + packed.readUInt32BE(0)
    this.#ends = endsOf(packed.subarray(4, head))
    this.#starts = startsOf(words, this.#ends.length)
    this.#gaps = packed.subarray(head)
  }

  /** The place of the word that stands at this octet of the text. */
  wordAt(octet: number): number {
    let low = 0
    let high = this.#starts.length
    while (high - low > 1) {
      const middle = (low + high) >>> 1
      if ((this.#starts[middle] ?? 0) <= octet) low = middle
      else high = middle
    }
    return low
  }

  /** Calls `onNumber` for each number of a word's list. */
  each(word: number, onNumber: (number: number) => void): void {
    const from = word === 0 ? 0 : (this.#ends[word - 1] ?? 0)
    const reader = new VarintReader(this.#gaps.subarray(from, this.#ends[word]))
    let last = -1
    while (!reader.isAtEnd) {
      last += reader.read() + 1
      onNumber(last)
    }
  }

  /** A word's list. */
  list(word: number): readonly number[] {
    const numbers: number[] = []
    this.each(word, (number) => numbers.push(number))
    return numbers
  }
}

function endsOf(sizes: Buffer): Uint32Array {
  const ends: number[] = []
  const reader = new VarintReader(sizes)
  let end = 0
  while (!reader.isAtEnd) {
    end += reader.read()
    ends.push(end)
  }
  return Uint32Array.from(ends)
}

function startsOf(words: Buffer, count: number): Uint32Array {
  const starts = new Uint32Array(count)
  let at = 1
  for (let i = 0; i < count; i++) {
    starts[i] = at
    at = words.indexOf(newline, at) + 1
  }
  return starts
}
