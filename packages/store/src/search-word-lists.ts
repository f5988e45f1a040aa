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
    const gaps = this.#gaps
    const end = this.#ends[word] ?? 0
    let number = -1
    // Varints below 2^21, read in place: this runs for every word that matches.
    for (let at = word === 0 ? 0 : (this.#ends[word - 1] ?? 0); at < end;) {
      let octet = gaps[at++] ?? 0
      let gap = octet & 0x7f
      for (let shift = 7; octet >= 0x80; shift += 7) {
        octet = gaps[at++] ?? 0
        gap |= (octet & 0x7f) << shift
      }
      number += gap + 1
      onNumber(number)
    }
  }

  /** A word's list. */
  list(word: number): readonly number[] {
    const numbers: number[] = []
    this.each(word, (number) => numbers.push(number))
    return numbers
  }
}

/** The sums of the sizes, which are varints. */
function endsOf(sizes: Buffer): Uint32Array {
  // An octet below 0x80 ends a number.
  const ends = new Uint32Array(sizes.reduce((count, octet) => count + (octet < 0x80 ? 1 : 0), 0))
  const reader = new VarintReader(sizes)
  let end = 0
  for (let i = 0; i < ends.length; i++) {
    end += reader.read()
    ends[i] = end
  }
  return ends
}

/** Octet by octet: words are short, and a call of `indexOf` for each costs ten times as much. */
function startsOf(words: Buffer, count: number): Uint32Array {
  const starts = new Uint32Array(count)
  let word = 0
  for (let at = 0; at < words.length && word < count; at++) {
    if (words[at] === newline) starts[word++] = at + 1
  }
  return starts
}
