import { createHash, hash } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { promisify } from 'node:util'
import { constants, zstdCompress, zstdCompressSync } from 'node:zlib'

const compressInThreads = promisify(zstdCompress)

/** Octets of one chunk: one row, compressed on its own. */
export const chunkBytes = 256 * 1024

/** How a chunk's octets stand in its row. */
export const asIs = 0
export const zstd = 1

/** One chunk as it is kept. */
export interface PackedChunk {
  readonly encoding: typeof asIs | typeof zstd
  readonly octets: Buffer
}

/** A message's octets ready to be written: named by their SHA-256, cut and compressed where it helps. */
export interface PackedContent {
  readonly hash: Buffer
  readonly size: number
  /** At least one, perhaps empty. */
  readonly chunks: readonly PackedChunk[]
}

/**
 * A chunk below this is kept as it is: to decompress 7 KB costs 40 us, half of what it costs to hand such a message out,
 * and to compress it 75 us of its delivery.
 */
const smallBytes = 16 * 1024
/** Below this, compressing on the spot costs less than a trip to a thread (about 0.1 ms). */
const threadBytes = 64 * 1024
/** Hashing more than this at once would hold up other sessions (2 ms). */
const hashSliceBytes = 1024 * 1024
/**
 * Base64 shrinks to 0.76 and text to less than half. A quarter saved does not pay: to read a file of 2 MB costs 7 ms as it
 * is and 25 ms out of compressed chunks.
 */
const worthwhile = 0.7
/** A slice tells whether the whole will shrink: what is not worth it costs 0.1 ms to find out, and not 2. */
const sampleBytes = 16 * 1024

const options = { params: { [constants.ZSTD_c_compressionLevel]: 1 } }

/** Hashes, cuts and compresses. Leaves the octets as they are. */
export async function packContent(octets: Buffer): Promise<PackedContent> {
  const digest = await sha256(octets)
  const chunks: PackedChunk[] = []
  for (let at = 0; at === 0 || at < octets.length; at += chunkBytes) {
    chunks.push(await packChunk(octets.subarray(at, at + chunkBytes)))
  }
  return { hash: digest, size: octets.length, chunks }
}

/** SHA-256 without holding up the process for long. */
export async function sha256(octets: Buffer): Promise<Buffer> {
  if (octets.length <= hashSliceBytes) return hash('sha256', octets, 'buffer')
  const sum = createHash('sha256')
  for (let at = 0; at < octets.length; at += hashSliceBytes) {
    sum.update(octets.subarray(at, at + hashSliceBytes))
    await nextTurn()
  }
  return sum.digest()
}

async function packChunk(octets: Buffer): Promise<PackedChunk> {
  if (octets.length < smallBytes) return { encoding: asIs, octets }
  if (octets.length >= threadBytes) {
    const middle = octets.length >> 1
    const sample = octets.subarray(middle, middle + sampleBytes)
    if (zstdCompressSync(sample, options).length >= sampleBytes * worthwhile) {
      return { encoding: asIs, octets }
    }
  }
  const packed =
    octets.length < threadBytes
      ? zstdCompressSync(octets, options)
      : await compressInThreads(octets, options)
  return packed.length < octets.length * worthwhile
    ? { encoding: zstd, octets: packed }
    : { encoding: asIs, octets }
}
