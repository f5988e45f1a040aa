import { promisify } from 'node:util'
import { constants, zstdCompressSync, zstdDecompress, zstdDecompressSync } from 'node:zlib'
import { WordListTable, packWordLists } from './search-word-lists.ts'
import type { WordQuery } from './search-words.ts'
import { VarintReader, VarintWriter } from './varint.ts'

const decompressInThreads = promisify(zstdDecompress)
const options = { params: { [constants.ZSTD_c_compressionLevel]: 3 } }
/** Decompressing less takes below 3 ms, after which others have their turn; a thread costs as much again in going there. */
const threadBytes = 256 * 1024
const newline = 0x0a

/** What the index knows of a text in a message. */
export const verdict = { unknown: 0, no: 1, yes: 2 } as const

/** The words of some messages and who has them. Messages are numbers from 0, ascending in every list. */
export interface WordLists {
  readonly words: ReadonlyMap<string, readonly number[]>
  /** Messages that have words which are not here. */
  readonly partial: readonly number[]
}

/**
 * Packs words: two lengths, the partial messages, the words in order and one a line, and the lists. The last two are compressed
 * each by itself: whoever looks for a word that is not there unpacks the words only.
 */
export function packDictionary({ words, partial }: WordLists): Buffer {
  const sorted = [...words.keys()].toSorted()
  const partials = new VarintWriter()
  for (const message of partial) partials.write(message)
  const head = partials.finish()
  const lines = zstdCompressSync(`\n${sorted.map((word) => `${word}\n`).join('')}`, options)
  const lists = packWordLists(sorted.map((word) => words.get(word) ?? []))
  const lengths = Buffer.alloc(8)
  lengths.writeUInt32BE(head.length, 0)
  lengths.writeUInt32BE(lines.length, 4)
  return Buffer.concat([lengths, head, lines, zstdCompressSync(lists, options)])
}

/** A packed dictionary, unpacked as far as was needed. */
export class SearchDictionary {
  /** Octets that it takes at most, about. */
  readonly bytes: number
  readonly #messages: number
  readonly #partial: readonly number[]
  readonly #packedWords: Buffer
  readonly #packedLists: Buffer
  #words: Buffer | undefined
  #lists: WordListTable | undefined

  /** `messages`: how many it is about. */
  constructor(packed: Buffer, messages: number) {
    const headEnd = 8 + packed.readUInt32BE(0)
    const wordsEnd = headEnd + packed.readUInt32BE(4)
    // What zstd makes of words is a third to a half of them, and the tables come on top.
    this.bytes = 256 + packed.length * 6
    this.#messages = messages
    this.#partial = allOf(packed.subarray(8, headEnd))
    this.#packedWords = packed.subarray(headEnd, wordsEnd)
    this.#packedLists = packed.subarray(wordsEnd)
  }

  /** What is known of the texts that the query stands for, message by message. */
  async look(query: WordQuery): Promise<Uint8Array> {
    const verdicts = new Uint8Array(this.#messages)
    if (query.patterns.length === 0) return verdicts
    verdicts.fill(verdict.no)
    for (const message of this.#partial) verdicts[message] = verdict.unknown
    const having = await this.#having(query.patterns)
    const found = query.isExact ? verdict.yes : verdict.unknown
    having?.forEach((has, message) => {
      if (has === 1) verdicts[message] = found
    })
    return verdicts
  }

  /** All words and lists, for a dictionary that is to grow or shrink. */
  async unpack(): Promise<WordLists> {
    const lines = (await this.#text()).toString().split('\n')
    const table = await this.#table()
    const words = new Map<string, readonly number[]>()
    // The first line is empty, and so is what follows the last.
    for (const [i, word] of lines.slice(1, -1).entries()) words.set(word, table.list(i))
    return { words, partial: this.#partial }
  }

  /** 1 for each message that has a word for every pattern; undefined where there is none. */
  async #having(patterns: readonly Buffer[]): Promise<Uint8Array | undefined> {
    const words = await this.#text()
    let among: Uint8Array | undefined
    for (const pattern of patterns) {
      // What is not there at all is seen without the lists.
      const at = words.indexOf(pattern)
      if (at < 0) return undefined
      among = this.#union(words, pattern, at, await this.#table(), among)
    }
    return among
  }

  /** Those of `among` with a word that has the pattern; the first one is at `first`. */
  #union(
    words: Buffer,
    pattern: Buffer,
    first: number,
    table: WordListTable,
    among: Uint8Array | undefined,
  ): Uint8Array {
    const having = new MessageSet(this.#messages, among)
    for (let at = first; at >= 0 && !having.isFull;) {
      // A pattern that starts with a line's end begins one octet before its word.
      const inWord = pattern[0] === newline ? at + 1 : at
      table.each(table.wordAt(inWord), having.add)
      at = words.indexOf(pattern, words.indexOf(newline, inWord))
    }
    return having.members
  }

  async #text(): Promise<Buffer> {
    this.#words ??= await decompress(this.#packedWords)
    return this.#words
  }

  async #table(): Promise<WordListTable> {
    this.#lists ??= new WordListTable(await this.#text(), await decompress(this.#packedLists))
    return this.#lists
  }
}

/** Messages out of those that may be in it. */
class MessageSet {
  /** 1 for each message that is in it. */
  readonly members: Uint8Array
  readonly #among: Uint8Array | undefined
  #missing: number

  constructor(messages: number, among: Uint8Array | undefined) {
    this.members = new Uint8Array(messages)
    this.#among = among
    this.#missing = among === undefined ? messages : among.reduce((sum, one) => sum + one, 0)
  }

  get isFull(): boolean {
    return this.#missing === 0
  }

  readonly add = (message: number): void => {
    if (this.members[message] === 1 || this.#among?.[message] === 0) return
    this.members[message] = 1
    this.#missing--
  }
}

async function decompress(octets: Buffer): Promise<Buffer> {
  return octets.length < threadBytes ? zstdDecompressSync(octets) : decompressInThreads(octets)
}

function allOf(octets: Buffer): readonly number[] {
  const reader = new VarintReader(octets)
  const numbers: number[] = []
  while (!reader.isAtEnd) numbers.push(reader.read())
  return numbers
}
