import { LRUCache } from 'lru-cache'
import { asIs, chunkBytes } from './content.ts'
import { unpackChunk, type ContentReader } from './content-reader.ts'
import { copyOut, sqlText } from './copy-out.ts'
import type { Database } from './database.ts'
import type { AccountId, MessageId } from './ids.ts'
import { tupleStatement } from './statement.ts'
import type { TupleReader } from './tuple-reader.ts'

/** Where a message's octets are. */
interface Located {
  readonly prefix: Buffer
  readonly hash: Buffer
  readonly contentSize: number
}

/** A message to be read, and its size if that is known to bound what is read ahead. */
export interface WantedMessage {
  readonly messageId: MessageId
  readonly size: number
}

/** Bodies are read ahead by this many, and by this many octets (one message at least). */
const aheadMessages = 32
const aheadBytes = 4 * 1024 * 1024

const locateStatement = tupleStatement<readonly [Buffer, Buffer, number]>(
  'message_locate',
  `SELECT prefix, content, size FROM message
  WHERE account_id = $1::uuid AND message_id = $2::bigint`,
)

/** Reads the octets of messages of any account: prefix, then content. */
export class MessageReader {
  readonly #database: Database
  readonly #contents: ContentReader
  /** Immutable, therefore kept without limit of age. */
  readonly #located = new LRUCache<string, Located>({
    maxSize: 8 * 1024 * 1024,
    sizeCalculation: ({ prefix }) => prefix.length + 256,
  })

  constructor(database: Database, contents: ContentReader) {
    this.#database = database
    this.#contents = contents
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

  /** The whole message in pieces of at most 256 KiB. */
  async *stream(account: AccountId, message: MessageId): AsyncGenerator<Buffer> {
    const located = await this.#locate(account, message)
    if (located === undefined) return
    const { prefix, hash, contentSize } = located
    if (prefix.length > 0) yield prefix
    let left = contentSize
    for await (const piece of this.#contents.pieces(hash, contentSize, 0, contentSize)) {
      left -= piece.length
      yield piece
    }
    if (left !== 0) throw new Error('a message has lost its content')
  }

  /**
   * Whole messages in the order asked for. One statement fetches the next ones (a tenth of the cost of one each), the next
   * block is read while this one is used. Messages that are gone are skipped.
   */
  async *bodies<Wanted extends WantedMessage>(
    account: AccountId,
    wanted: readonly Wanted[],
  ): AsyncGenerator<{ readonly wanted: Wanted; readonly octets: Buffer }> {
    const blocks = blocksOf(wanted)
    let next = blocks[0] && this.#readBlock(account, blocks[0])
    for (let i = 0; i < blocks.length && next !== undefined; i++) {
      const here = await next
      const following = blocks[i + 1]
      next = following && this.#readBlock(account, following)
      next?.catch(() => {})
      for (const message of blocks[i] ?? []) {
        const octets = here.get(message.messageId)
        if (octets !== undefined) yield { wanted: message, octets }
      }
    }
  }

  async #readBlock(
    account: AccountId,
    block: readonly WantedMessage[],
  ): Promise<ReadonlyMap<number, Buffer>> {
    const [only] = block
    if (block.length === 1 && only !== undefined) {
      const octets = await this.octets(account, only.messageId)
      return new Map(octets && [[only.messageId, octets]])
    }
    const rows: BodyRow[] = []
    const ids = sqlText.integers(block.map(({ messageId }) => messageId))
    // The hash is for those that have more chunks.
    const select = `SELECT m.message_id, m.prefix, c.size, c.encoding, c.octets,
        CASE WHEN c.size > ${chunkBytes} THEN c.hash END
      FROM message m JOIN content c ON c.hash = m.content
      WHERE m.account_id = ${sqlText.uuid(account)} AND m.message_id = ANY (${ids})`
    await this.#database.bulk((client) =>
      copyOut(client, select, (row) => {
        rows.push(bodyRow(row))
      }),
    )
    const bodies = new Map<number, Buffer>()
    for (const { messageId, octets, rest } of rows) {
      bodies.set(messageId, rest === undefined ? octets : await this.#assemble(octets, rest))
    }
    return bodies
  }

  async #assemble(prefix: Buffer, { size, encoding, octets, hash }: BodyRest): Promise<Buffer> {
    const pieces = [prefix, await unpackChunk(encoding, octets)]
    if (size > chunkBytes) {
      const rest = await this.#contents.read(hash, size, chunkBytes, size)
      if (rest === undefined) throw new Error('a message has lost its content')
      pieces.push(rest)
    }
    return Buffer.concat(pieces)
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

interface BodyRow {
  readonly messageId: number
  /** Prefix and content, or the prefix alone where there is a rest. */
  readonly octets: Buffer
  readonly rest: BodyRest | undefined
}

/** What is compressed, or in several chunks. */
interface BodyRest {
  readonly size: number
  readonly encoding: number
  /** The first chunk. */
  readonly octets: Buffer
  readonly hash: Buffer
}

/** Most messages are one chunk as it came in: prefix and content are copied once, into one buffer. */
function bodyRow(row: TupleReader): BodyRow {
  const messageId = row.integer()
  const prefix = row.view() ?? nothing
  const size = row.integer()
  const encoding = row.integer()
  const octets = row.view() ?? nothing
  const hash = row.bytes()
  if (encoding === asIs && hash === null) {
    return { messageId, octets: joined(prefix, octets), rest: undefined }
  }
  const rest = { size, encoding, octets: Buffer.from(octets), hash: hash ?? nothing }
  return { messageId, octets: Buffer.from(prefix), rest }
}

const nothing = Buffer.alloc(0)

function joined(prefix: Buffer, octets: Buffer): Buffer {
  const whole = Buffer.allocUnsafeSlow(prefix.length + octets.length)
  prefix.copy(whole)
  octets.copy(whole, prefix.length)
  return whole
}

/** The first block is small, so that the first message is there soon. */
function blocksOf<Wanted extends WantedMessage>(wanted: readonly Wanted[]): readonly Wanted[][] {
  const blocks: Wanted[][] = []
  let block: Wanted[] = []
  let bytes = 0
  for (const message of wanted) {
    const most = blocks.length === 0 ? 4 : aheadMessages
    if (block.length > 0 && (block.length >= most || bytes + message.size > aheadBytes)) {
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
