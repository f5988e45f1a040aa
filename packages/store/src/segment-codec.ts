import { promisify } from 'node:util'
import { constants, zstdCompress, zstdDecompressSync } from 'node:zlib'
import { factColumns, factFromCopy, type FactField } from './fact-columns.ts'
import { lowerBound } from './mailbox-state.ts'
import type { OctetPlace } from './open-mailbox.ts'
import { TupleReader } from './tuple-reader.ts'

/**
 * The parts of a segment, each a column of its row: what listing a folder asks for, what clients cut header fields from, what
 * sorting, threading and searching look at. What is in none of them is seldom asked of many messages.
 */
export const segmentParts = {
  structure: ['envelope', 'bodyStructure'],
  header: ['prefix', 'headerSize', 'header'],
  search: [
    'from',
    'to',
    'cc',
    'bcc',
    'subject',
    'messageId',
    'inReplyTo',
    'references',
    'sentAt',
    'sentDay',
    'preview',
  ],
} as const satisfies Readonly<Record<string, readonly FactField[]>>

/** The name of one. */
export type SegmentPart = keyof typeof segmentParts

/** All of them, in the order of their columns. */
export const segmentPartNames: readonly SegmentPart[] = ['structure', 'header', 'search']

/** Messages of one segment at most. */
export const segmentMessages = 1024

const partOf: ReadonlyMap<FactField, SegmentPart> = new Map(
  segmentPartNames.flatMap((part) => segmentParts[part].map((field) => [field, part] as const)),
)

/** The parts in which these facts stand; undefined where one of them stands in none. */
export function partsWith(fields: readonly FactField[]): readonly SegmentPart[] | undefined {
  const parts = new Set<SegmentPart>()
  for (const field of fields) {
    const part = partOf.get(field)
    if (part === undefined) return undefined
    parts.add(part)
  }
  return [...parts]
}

/** One message in a part: its columns as COPY's binary form has them, one behind the other. */
export interface PackedFacts {
  readonly uid: number
  readonly messageId: number
  readonly octets: Buffer
}

/** Raised when the form of a part changes, so that an old reader refuses. */
const form = 1
const headBytes = 8
/** Message id 8, uid 4. */
const idBytes = 12
const compress = promisify(zstdCompress)
const options = { params: { [constants.ZSTD_c_compressionLevel]: 3 } }

/** Packs one part of messages with ascending UIDs: all their ids, then all their columns. */
export async function packPart(messages: readonly PackedFacts[]): Promise<Buffer> {
  const count = messages.length
  const head = Buffer.alloc(headBytes + count * idBytes)
  head.writeUInt32LE(form, 0)
  head.writeUInt32LE(count, 4)
  let before = 0
  for (const [i, { uid, messageId }] of messages.entries()) {
    // Differences: ids of neighbours are neighbours, and compress to nothing.
    head.writeDoubleLE(messageId - before, headBytes + i * 8)
    head.writeUInt32LE(uid, headBytes + count * 8 + i * 4)
    before = messageId
  }
  return compress(Buffer.concat([head, ...messages.map(({ octets }) => octets)]), options)
}

/** One part of a segment, unpacked: facts of up to 1,024 messages. */
export class UnpackedPart {
  readonly part: SegmentPart
  readonly uids: Uint32Array
  readonly messageIds: Float64Array
  readonly #octets: Buffer
  /** Where each column of each message begins. */
  readonly #offsets: Uint32Array
  readonly #columns: ReadonlyMap<FactField, number>

  /** @throws RangeError where it is damaged or of another form */
  constructor(part: SegmentPart, packed: Buffer) {
    const octets = zstdDecompressSync(packed)
    const count = octets.length >= headBytes ? octets.readUInt32LE(4) : 0
    const begin = headBytes + count * idBytes
    if (octets.length < begin || octets.readUInt32LE(0) !== form) throw damaged()
    this.part = part
    this.#octets = octets
    this.messageIds = readIds(octets, count)
    this.uids = Uint32Array.from({ length: count }, (_, i) => {
      return octets.readUInt32LE(headBytes + count * 8 + i * 4)
    })
    const fields: readonly FactField[] = segmentParts[part]
    this.#columns = new Map(fields.map((field, i) => [field, i]))
    this.#offsets = offsetsOf(octets, begin, count * fields.length)
  }

  /** What it costs to keep. */
  get bytes(): number {
    return this.#octets.length + this.#offsets.byteLength + this.uids.length * 12 + 256
  }

  /** Whether this fact stands in the part. */
  holds(field: FactField): boolean {
    return this.#columns.has(field)
  }

  /** The place of a message, or -1. */
  indexOf(uid: number, messageId: number): number {
    const index = lowerBound(this.uids, uid, this.uids.length)
    return this.uids[index] === uid && this.messageIds[index] === messageId ? index : -1
  }

  /** A fact of the message at this place. Octets are a view of the segment's. */
  fact(index: number, field: FactField): unknown {
    const column = this.#columns.get(field)
    if (column === undefined) throw new Error(`${field} does not stand in this part`)
    const at = this.#offsets[index * this.#columns.size + column] ?? 0
    return factFromCopy(factColumns[field].kind, new TupleReader(this.#octets, at), 'view')
  }

  /** Tells where a fact of octets stands; false where there is none. */
  find(index: number, field: FactField, place: OctetPlace): boolean {
    const column = this.#columns.get(field)
    if (column === undefined) return false
    const at = this.#offsets[index * this.#columns.size + column] ?? 0
    const length = this.#octets.readInt32BE(at)
    if (length < 0) return false
    place.octets = this.#octets
    place.start = at + 4
    place.end = at + 4 + length
    return true
  }

  /** All columns of the message at this place, as they were packed. */
  octetsAt(index: number): Buffer {
    const width = this.#columns.size
    const end = this.#offsets[(index + 1) * width] ?? this.#octets.length
    return this.#octets.subarray(this.#offsets[index * width], end)
  }
}

function readIds(octets: Buffer, count: number): Float64Array {
  let id = 0
  return Float64Array.from({ length: count }, (_, i) => {
    return (id += octets.readDoubleLE(headBytes + i * 8))
  })
}

/** The beginnings of this many columns, and behind them the end. */
function offsetsOf(octets: Buffer, begin: number, count: number): Uint32Array {
  const offsets = new Uint32Array(count + 1)
  let at = begin
  for (let i = 0; i < count; i++) {
    offsets[i] = at
    if (at + 4 > octets.length) throw damaged()
    at += 4 + Math.max(0, octets.readInt32BE(at))
  }
  offsets[count] = at
  if (at !== octets.length) throw damaged()
  return offsets
}

function damaged(): RangeError {
  return new RangeError('a mailbox segment is damaged')
}
