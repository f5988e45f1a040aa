import type { Readable } from 'node:stream'
import { decodeCharset } from '@posthouse/message'
import { type Entry, fromBufferPromise, type ZipFile } from 'yauzl'
import { MAGIC_BYTES, MAX_INFLATE_RATIO, MIN_RATIO_BYTES } from '../limits.ts'
import { type Budget, LimitReached } from './budget.ts'

/** One file in a zip archive. */
export interface ZipEntry {
  /** As written there: a path, which is never used as one. */
  readonly name: string
  readonly isEncrypted: boolean
  /** Method and flags are such that it can be inflated here. */
  readonly isReadable: boolean
  /** Its first octets, or all of it; empty where it cannot be read. */
  head(): Promise<Buffer>
  whole(): Promise<Buffer>
}

/**
 * The entries of a zip archive, by its central directory, as programs for zip files do. Throws {@link LimitReached} where it
 * goes beyond the budget, any other error where it is broken.
 */
export async function* zipEntries(octets: Buffer, budget: Budget): AsyncGenerator<ZipEntry> {
  // Names are decoded here: the library would refuse the archive for a name like `../x`, and it is to be told.
  const zip = await fromBufferPromise(octets, {
    lazyEntries: true,
    decodeStrings: false,
    validateEntrySizes: true,
  })
  try {
    for (let entry = await nextEntry(zip); entry !== undefined; entry = await nextEntry(zip)) {
      budget.entry()
      refuseBomb(entry)
      yield readable(zip, entry, budget)
    }
  } finally {
    zip.close()
  }
}

/** Names in the headers before the files, for archives whose directory is broken; programs that mend archives go by them. */
export function localNames(octets: Buffer): readonly string[] {
  const names: string[] = []
  for (
    let at = octets.indexOf(LOCAL);
    at >= 0 && names.length < MAX_LOCAL;
    at = octets.indexOf(LOCAL, at + 4)
  ) {
    if (at + 30 > octets.length) break
    const length = Math.min(octets.readUInt16LE(at + 26), MAX_NAME)
    names.push(decodeCharset(octets.subarray(at + 30, at + 30 + length), ''))
  }
  return names
}

async function nextEntry(zip: ZipFile): Promise<Entry | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<Entry | undefined>()
  const ended = (): void => resolve(undefined)
  zip.once('entry', resolve).once('end', ended).once('error', reject)
  zip.readEntry()
  try {
    return await promise
  } finally {
    zip.off('entry', resolve).off('end', ended).off('error', reject)
    // An error that nobody listens for any more must not end the process.
    if (zip.listenerCount('error') === 0) zip.on('error', () => {})
  }
}

function readable(zip: ZipFile, entry: Entry, budget: Budget): ZipEntry {
  const isReadable = !entry.isEncrypted() && entry.canDecodeFileData()
  const read = async (most: number): Promise<Buffer> =>
    isReadable ? inflated(await zip.openReadStreamPromise(entry), most, budget) : EMPTY
  return {
    name: nameOf(entry),
    isEncrypted: entry.isEncrypted(),
    isReadable,
    head: () => read(MAGIC_BYTES),
    async whole() {
      if (entry.uncompressedSize > budget.inflatedLeft)
        throw new LimitReached('archives that inflate to more than is looked at')
      return read(Number.POSITIVE_INFINITY)
    },
  }
}

/** What says of itself that it inflates out of all proportion. What lies about it is stopped by the budget. */
function refuseBomb({ uncompressedSize, compressedSize }: Entry): void {
  const isBomb =
    uncompressedSize > MIN_RATIO_BYTES && uncompressedSize > compressedSize * MAX_INFLATE_RATIO
  if (isBomb) throw new LimitReached('an archive that inflates out of all proportion')
}

async function inflated(stream: Readable, most: number, budget: Budget): Promise<Buffer> {
  const pieces: Buffer[] = []
  let length = 0
  try {
    for await (const piece of stream as AsyncIterable<Buffer>) {
      budget.inflate(Math.min(piece.length, most))
      pieces.push(piece)
      length += piece.length
      if (length >= most) break
    }
  } finally {
    stream.destroy()
  }
  return Buffer.concat(pieces).subarray(0, most)
}

/** Bit 11: UTF-8 (APPNOTE 4.4.4); else whatever the packer's system had. */
function nameOf(entry: Entry): string {
  const isUtf8 = (entry.generalPurposeBitFlag & 0x8_00) !== 0
  return decodeCharset(entry.fileNameRaw, isUtf8 ? 'utf-8' : '').slice(0, MAX_NAME)
}

const EMPTY = Buffer.alloc(0)
const MAX_NAME = 1_024
const LOCAL = Buffer.from('PK\x03\x04', 'latin1')
const MAX_LOCAL = 2_000
