import { promisify } from 'node:util'
import { zstdDecompress, zstdDecompressSync } from 'node:zlib'
import { LRUCache } from 'lru-cache'
import { chunkBytes, zstd } from './content.ts'
import { copyOut, sqlText } from './copy-out.ts'
import type { Database } from './database.ts'
import { tupleStatement } from './statement.ts'

const decompressInThreads = promisify(zstdDecompress)

/** A part this small comes as text over the shared connection; a COPY has to be planned. */
const smallBytes = 16 * 1024
/** With room for all and a little more, zlib need not join pieces. */
const inOnePiece = { chunkSize: chunkBytes + 64 }
/** Chunks that were decompressed for a part of them are kept: clients read a large message in many parts. */
const cacheBytes = 16 * 1024 * 1024
/** Decompressing this much at once takes about 0.1 ms. */
const threadBytes = 64 * 1024

const partStatement = tupleStatement<readonly [Buffer]>(
  'content_part',
  `SELECT substring(octets FROM $2::int FOR $3::int) FROM content
  WHERE hash = $1 AND encoding = 0`,
)
const chunkPartStatement = tupleStatement<readonly [Buffer]>(
  'content_chunk_part',
  `SELECT substring(octets FROM $2::int FOR $3::int) FROM content_chunk
  WHERE hash = $1 AND n = $4::int AND encoding = 0`,
)

/** Reads contents: whole chunks by COPY, small parts of chunks that are not compressed by substring(). */
export class ContentReader {
  readonly #database: Database
  readonly #chunks = new LRUCache<string, Buffer>({
    maxSize: cacheBytes,
    sizeCalculation: (chunk) => chunk.length + 128,
  })

  constructor(database: Database) {
    this.#database = database
  }

  /** Octets [start, end) of a content of this size. Undefined where it is missing. */
  async read(hash: Buffer, size: number, start: number, end: number): Promise<Buffer | undefined> {
    const pieces: Buffer[] = []
    for await (const piece of this.pieces(hash, size, start, end)) pieces.push(piece)
    const octets =
      pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces)
    return octets.length === Math.max(0, Math.min(end, size) - start) ? octets : undefined
  }

  /** The same, chunk by chunk, the next one being read while this one is used. */
  async *pieces(hash: Buffer, size: number, start: number, end: number): AsyncGenerator<Buffer> {
    const last = Math.min(end, size)
    let next: Promise<Buffer | undefined> | undefined
    for (let at = start; at < last;) {
      const n = Math.floor(at / chunkBytes)
      const stop = Math.min(last, (n + 1) * chunkBytes)
      const here = next ?? this.#part(hash, n, at - n * chunkBytes, stop - n * chunkBytes)
      next = undefined
      const piece = await here
      if (piece === undefined) return
      if (stop < last) {
        const until = Math.min(last - stop, chunkBytes)
        next = this.#part(hash, n + 1, 0, until)
        // Looked at in the next round, or never when the reader leaves.
        next.catch(() => {})
      }
      yield piece
      at = stop
    }
  }

  async #part(hash: Buffer, n: number, from: number, to: number): Promise<Buffer | undefined> {
    const key = `${hash.toString('latin1')}${n}`
    const cached = this.#chunks.get(key)
    if (cached !== undefined) return cached.subarray(from, to)
    if (to - from <= smallBytes) {
      const part = await this.#substring(hash, n, from, to)
      if (part !== undefined) return part
    }
    const chunk = await this.#chunk(hash, n)
    if (chunk !== undefined && (from > 0 || to < chunk.length)) this.#chunks.set(key, chunk)
    return chunk?.subarray(from, to)
  }

  async #substring(hash: Buffer, n: number, from: number, to: number): Promise<Buffer | undefined> {
    const values = [hash, from + 1, to - from]
    const [row] =
      n === 0
        ? await this.#database.read(partStatement, values)
        : await this.#database.read(chunkPartStatement, [...values, n])
    return row?.[0]
  }

  async #chunk(hash: Buffer, n: number): Promise<Buffer | undefined> {
    const key = sqlText.bytes(hash)
    const select =
      n === 0
        ? `SELECT encoding, octets FROM content WHERE hash = ${key}`
        : `SELECT encoding, octets FROM content_chunk WHERE hash = ${key} AND n = ${sqlText.integer(n)}`
    let found: { encoding: number; octets: Buffer } | undefined
    await this.#database.bulk((client) =>
      copyOut(client, select, (row) => {
        found = { encoding: row.integer(), octets: row.bytes() ?? Buffer.alloc(0) }
      }),
    )
    return found && unpackChunk(found.encoding, found.octets)
  }
}

/** A chunk's octets as they came in; with `size`, where it is known how many they will be. */
export async function unpackChunk(
  encoding: number,
  octets: Buffer,
  size?: number,
): Promise<Buffer> {
  if (encoding !== zstd) return octets
  return unpackSmall(octets, size) ?? decompressInThreads(octets, inOnePiece)
}

/** A compressed chunk that can be decompressed on the spot; undefined where that would hold up others. */
export function unpackSmall(octets: Buffer, size?: number): Buffer | undefined {
  if (octets.length >= threadBytes) return undefined
  return zstdDecompressSync(
    octets,
    size === undefined ? {} : { chunkSize: Math.max(64, size) + 64 },
  )
}
