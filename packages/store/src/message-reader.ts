import { LRUCache } from 'lru-cache'
import type { BodyBlock } from './body-block.ts'
import { BodyBlocks, blockMessages, takesInto, type WantedMessage } from './body-blocks.ts'
import { BodyReadAhead } from './body-read-ahead.ts'
import type { ContentReader } from './content-reader.ts'
import type { Database } from './database.ts'
import type { AccountId, MessageId } from './ids.ts'
import type { OctetSlabs } from './octet-slabs.ts'
import { tupleStatement } from './statement.ts'

/** Where a message's octets are. */
interface Located {
  readonly prefix: Buffer
  readonly hash: Buffer
  readonly contentSize: number
}

/** The first blocks are small, so that the first message is there soon. */
const firstBlocks = [4, 32] as const

const locateStatement = tupleStatement<readonly [Buffer, Buffer, number]>(
  'message_locate',
  `SELECT prefix, content, size FROM message
  WHERE account_id = $1::uuid AND message_id = $2::bigint`,
)

/** Reads the octets of messages of any account: prefix, then content. */
export class MessageReader {
  readonly #database: Database
  readonly #contents: ContentReader
  readonly #blocks: BodyBlocks
  /** Immutable, therefore kept without limit of age. */
  readonly #located = new LRUCache<string, Located>({
    maxSize: 8 * 1024 * 1024,
    sizeCalculation: ({ prefix }) => prefix.length + 256,
  })

  constructor(database: Database, contents: ContentReader, slabs: OctetSlabs) {
    this.#database = database
    this.#contents = contents
    this.#blocks = new BodyBlocks(database, contents, slabs)
  }

  /** Octets [start, end) of the message; undefined where there is no such message. */
  async octets(
    account: AccountId,
    message: MessageId,
    start = 0,
    end = Number.MAX_SAFE_INTEGER,
  ): Promise<Buffer | undefined> {
    const located = await this.#locate(account, message)
    if (located === undefined) return undefined
    const { prefix, hash, contentSize } = located
    const head = prefix.subarray(start, Math.max(start, end))
    const from = Math.max(0, start - prefix.length)
    const to = Math.max(from, Math.min(contentSize, end - prefix.length))
    if (to === from) return Buffer.from(head)
    const rest = await this.#contents.read(hash, contentSize, from, to)
    if (rest === undefined) throw new Error('a message has lost its content')
    return head.length === 0 ? rest : Buffer.concat([head, rest])
  }

  /** The message, or octets [start, end) of it, in pieces of at most 256 KiB, the next being read while one is used. */
  async *stream(
    account: AccountId,
    message: MessageId,
    { start, end } = { start: 0, end: Number.MAX_SAFE_INTEGER },
  ): AsyncGenerator<Buffer> {
    const located = await this.#locate(account, message)
    if (located === undefined) return
    const { prefix, hash, contentSize } = located
    const head = prefix.subarray(start, Math.max(start, end))
    if (head.length > 0) yield head
    const from = Math.min(Math.max(0, start - prefix.length), contentSize)
    const to = Math.max(from, Math.min(contentSize, end - prefix.length))
    let left = to - from
    for await (const piece of this.#contents.pieces(hash, contentSize, from, to)) {
      left -= piece.length
      yield piece
    }
    if (left !== 0) throw new Error('a message has lost its content')
  }

  /**
   * Whole messages in the order asked for, each valid until the next is asked for. One statement fetches many, the next block is
   * read while this one is used. Messages that are gone are skipped.
   */
  async *bodies<Wanted extends WantedMessage>(
    account: AccountId,
    wanted: readonly Wanted[],
  ): AsyncGenerator<{ readonly wanted: Wanted; readonly octets: Buffer }> {
    const blocks = blocksOf(wanted)
    let next = this.#beginBlock(account, blocks[0])
    try {
      for (const [i, block] of blocks.entries()) {
        const here = await next
        next = this.#beginBlock(account, blocks[i + 1])
        // Looked at in the next round, or never when the reader leaves.
        next?.catch(() => {})
        try {
          for (const message of block) {
            const octets = here
              ? here.octets(message.messageId)
              : await this.octets(account, message.messageId)
            if (octets !== undefined) yield { wanted: message, octets }
          }
        } finally {
          here?.release()
        }
      }
    } finally {
      next?.then(
        (block) => block.release(),
        () => {},
      )
    }
  }

  /** A hold on what a client reads one after another. */
  readAhead<Wanted extends WantedMessage>(account: AccountId): BodyReadAhead<Wanted> {
    const blocks = this.#blocks
    return new BodyReadAhead({
      get hasRoom() {
        return blocks.hasRoom
      },
      begin: (block) => blocks.begin(account, block),
      one: ({ messageId }) => this.octets(account, messageId),
    })
  }

  /** Undefined for a message alone, and where there is no memory for a block: then they are read one after another. */
  #beginBlock(
    account: AccountId,
    block: readonly WantedMessage[] | undefined,
  ): Promise<BodyBlock> | undefined {
    if (block === undefined || block.length === 1) return undefined
    return this.#blocks.begin(account, block)
  }

  async #locate(account: AccountId, message: MessageId): Promise<Located | undefined> {
    const key = `${account} ${message}`
    const known = this.#located.get(key)
    if (known !== undefined) return known
    const [row] = await this.#database.read(locateStatement, [account, message])
    if (row === undefined) return undefined
    const [prefix, hash, size] = row
    const located = { prefix, hash, contentSize: size - prefix.length }
    this.#located.set(key, located)
    return located
  }
}

function blocksOf<Wanted extends WantedMessage>(wanted: readonly Wanted[]): readonly Wanted[][] {
  const blocks: Wanted[][] = []
  let block: Wanted[] = []
  let bytes = 0
  for (const message of wanted) {
    const most = firstBlocks[blocks.length] ?? blockMessages
    if (block.length > 0 && !takesInto(block.length, bytes, message.size, most)) {
      blocks.push(block)
      block = []
      bytes = 0
    }
    block.push(message)
    bytes += message.size
  }
  if (block.length > 0) blocks.push(block)
  return blocks
}
