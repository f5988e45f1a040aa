import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { setHash, setOf } from './keyword-sets.ts'
import { readSets, writeSets } from './log-payload.ts'
import type { MessageColumns } from './mailbox-state.ts'
import { VarintReader, VarintWriter } from './varint.ts'

/** UIDs of one page at most, and the step of page boundaries. */
export const pageUids = 1024

/** The form of a page's octets: another when it changes, so that an old reader refuses. */
const form = 1
/** With keywords beyond the flag word behind the rows. */
const formWithSets = 2
const headBytes = 8
/** uid offset 4, flags 4, size 4; modseq, message id and date 8 each. */
const rowBytes = 36
const options = { params: { [constants.ZSTD_c_compressionLevel]: 1 } }

/**
 * Packs messages as columns: 32-bit words as they are, the wide numbers as differences from the row before, so that zstd
 * finds little but repetition (about 6 octets a message). Little-endian, as every machine that runs us.
 */
export function packPage(rows: MessageColumns): Buffer {
  const count = rows.uids.length
  const octets = Buffer.alloc(headBytes + count * rowBytes)
  octets.writeUInt32LE(form, 0)
  octets.writeUInt32LE(count, 4)
  const { narrow, wide } = columnsOf(octets, count)
  narrow.uids.set(rows.uids)
  narrow.flags.set(rows.flags)
  narrow.sizes.set(rows.sizes)
  difference(rows.modSeqs, wide.modSeqs)
  difference(rows.messageIds, wide.messageIds)
  difference(rows.received, wide.received)
  if (!rows.flags.some((flags) => setOf(flags).length > 0)) {
    return zstdCompressSync(octets, options)
  }
  octets.writeUInt32LE(formWithSets, 0)
  const sets = new VarintWriter()
  writeSets(sets, rows.flags)
  return zstdCompressSync(Buffer.concat([octets, sets.finish()]), options)
}

/** Reads a page. Throws a RangeError where it is damaged or of another form. */
export function unpackPage(packed: Buffer): MessageColumns {
  const octets = aligned(zstdDecompressSync(packed))
  const count = octets.length >= headBytes ? octets.readUInt32LE(4) : 0
  const end = headBytes + count * rowBytes
  const found = octets.length >= headBytes ? octets.readUInt32LE(0) : 0
  const isFit = found === formWithSets ? octets.length > end : octets.length === end
  if (!isFit || (found !== form && found !== formWithSets))
    throw new RangeError('a mailbox page is damaged')
  const { narrow, wide } = columnsOf(octets, count)
  const flags = Float64Array.from(narrow.flags)
  readSets(new VarintReader(octets.subarray(end)), flags)
  return {
    uids: narrow.uids,
    flags,
    sizes: narrow.sizes,
    modSeqs: accumulate(wide.modSeqs),
    messageIds: accumulate(wide.messageIds),
    received: accumulate(wide.received),
  }
}

/** A checksum of messages that does not depend on how they are cut into pages: below 2^53 for two million messages. */
export function sumOf(rows: MessageColumns, start = 0, end = rows.uids.length): number {
  let sum = 0
  for (let i = start; i < end; i++) {
    let mixed = Math.imul(rows.uids[i] ?? 0, 0x9e3779b1)
    const flags = rows.flags[i] ?? 0
    mixed = Math.imul(mixed ^ flags ^ setHash(flags), 0x85ebca77)
    mixed = Math.imul(mixed ^ low(rows.modSeqs[i] ?? 0) ^ (mixed >>> 15), 0xc2b2ae3d)
    mixed = Math.imul(mixed ^ low(rows.messageIds[i] ?? 0) ^ (mixed >>> 13), 0x27d4eb2f)
    mixed = Math.imul(mixed ^ (rows.sizes[i] ?? 0), 0x165667b1)
    sum += (mixed ^ (mixed >>> 16)) >>> 0
  }
  return sum
}

/** All 53 bits of a whole number folded into 32. */
function low(value: number): number {
  const high = Math.floor(value / 0x1_0000_0000)
  return (value - high * 0x1_0000_0000) ^ high
}

/** Typed arrays need an aligned beginning; large results have one. */
function aligned(octets: Buffer): Buffer {
  if (octets.byteOffset % 8 === 0) return octets
  return Buffer.from(new Uint8Array(octets).buffer)
}

function columnsOf(octets: Buffer, count: number) {
  const { buffer, byteOffset } = octets
  let at = byteOffset + headBytes
  const take = <Column>(
    make: new (buffer: ArrayBufferLike, at: number, length: number) => Column,
    width: number,
  ): Column => {
    const column = new make(buffer, at, count)
    at += count * width
    return column
  }
  // The wide ones first: they must begin at a multiple of eight.
  const wide = {
    modSeqs: take(Float64Array, 8),
    messageIds: take(Float64Array, 8),
    received: take(Float64Array, 8),
  }
  const narrow = {
    uids: take(Uint32Array, 4),
    flags: take(Uint32Array, 4),
    sizes: take(Uint32Array, 4),
  }
  return { wide, narrow }
}

function difference(from: Float64Array, to: Float64Array): void {
  let before = 0
  for (let i = 0; i < from.length; i++) {
    const value = from[i] ?? 0
    to[i] = value - before
    before = value
  }
}

function accumulate(differences: Float64Array): Float64Array {
  let sum = 0
  for (let i = 0; i < differences.length; i++) {
    sum += differences[i] ?? 0
    differences[i] = sum
  }
  return differences
}
