import { BodyBlock } from './body-block.ts'
import { asIs, chunkBytes } from './content.ts'
import { unpackChunk, unpackSmall, type ContentReader } from './content-reader.ts'
import { copyOut, sqlText } from './copy-out.ts'
import type { Database } from './database.ts'
import type { AccountId, MessageId } from './ids.ts'
import { slabBytes, type OctetSlabs, type Slab } from './octet-slabs.ts'
import type { TupleReader } from './tuple-reader.ts'

/** A message to be read, and its size, which bounds what is read with it. */
export interface WantedMessage {
  readonly messageId: MessageId
  readonly size: number
}

/** Messages of one block: Postgres takes 42 us for each of 32, 17 us for each of 256, most of it planning. */
export const blockMessages = 256

/** Reads whole messages by the block: one statement into one piece of memory. */
export class BodyBlocks {
  readonly #database: Database
  readonly #contents: ContentReader
  readonly #slabs: OctetSlabs

  constructor(database: Database, contents: ContentReader, slabs: OctetSlabs) {
    this.#database = database
    this.#contents = contents
    this.#slabs = slabs
  }

  /** Whether there is memory for a block now. */
  get hasRoom(): boolean {
    return this.#slabs.hasRoom
  }

  /**
   * Begins to read a block, whose messages must fit (see `takesInto`). Undefined where the process has no memory for it now.
   * Messages that are gone are missing.
   */
  begin(account: AccountId, block: readonly WantedMessage[]): Promise<BodyBlock> | undefined {
    const slab = this.#slabs.lend()
    return slab && this.#read(account, block, slab)
  }

  async #read(account: AccountId, block: readonly WantedMessage[], slab: Slab): Promise<BodyBlock> {
    const bodies = new BodyBlock(slab)
    try {
      const packed: PackedRow[] = []
      await this.#database.bulk((client) =>
        copyOut(client, selectOf(account, block), (row) => {
          const left = takeRow(row, bodies)
          if (left !== undefined) packed.push(left)
        }),
      )
      for (const row of packed) bodies.add(row.messageId, row.prefix, await this.#unpack(row))
      return bodies
    } catch (error) {
      bodies.abandon()
      throw error
    }
  }

  async #unpack({ size, encoding, octets, hash }: PackedRow): Promise<Buffer> {
    const first = await unpackChunk(encoding, octets, Math.min(size, chunkBytes))
    if (size <= chunkBytes) return first
    const rest = await this.#contents.read(hash, size, chunkBytes, size)
    if (rest === undefined) throw new Error('a message has lost its content')
    return Buffer.concat([first, rest])
  }
}

/** Whether a message still goes into a block of so many messages and octets. */
export function takesInto(count: number, bytes: number, size: number, most: number): boolean {
  return count < most && bytes + size <= slabBytes
}

function selectOf(account: AccountId, block: readonly WantedMessage[]): string {
  const ids = sqlText.integers(block.map(({ messageId }) => messageId))
  // The hash is for those that have more chunks.
  return `SELECT m.message_id, m.prefix, c.size, c.encoding, c.octets,
      CASE WHEN c.size > ${chunkBytes} THEN c.hash END
    FROM message m JOIN content c ON c.hash = m.content
    WHERE m.account_id = ${sqlText.uuid(account)} AND m.message_id = ANY (${ids})`
}

/** A message that takes time to unpack. */
interface PackedRow {
  readonly messageId: number
  readonly prefix: Buffer
  readonly size: number
  readonly encoding: number
  /** The first chunk. */
  readonly octets: Buffer
  readonly hash: Buffer
}

/** Most messages are one chunk as it came in, or a small one that is unpacked on the spot. */
function takeRow(row: TupleReader, bodies: BodyBlock): PackedRow | undefined {
  const messageId = row.integer()
  const prefix = row.view() ?? nothing
  const size = row.integer()
  const encoding = row.integer()
  const octets = row.view() ?? nothing
  const hash = row.bytes()
  const whole = hash !== null ? undefined : encoding === asIs ? octets : unpackSmall(octets, size)
  if (whole === undefined) {
    const copies = { prefix: Buffer.from(prefix), octets: Buffer.from(octets) }
    return { messageId, size, encoding, hash: hash ?? nothing, ...copies }
  }
  bodies.add(messageId, prefix, whole)
  return undefined
}

const nothing = Buffer.alloc(0)
