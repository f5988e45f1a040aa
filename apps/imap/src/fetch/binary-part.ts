import { indexMessage, transferDecoder, type Span } from '@posthouse/message'
import type { PlannedBinary } from './fetch-plan.ts'
import type { Material } from './message-response.ts'
import { sectionSpan } from './section-span.ts'

/** Reads a span of the message at hand. */
export type ReadSpan = (span: Span) => Promise<Buffer>

/** Where a part stands and how it is encoded. */
export interface BinaryPart {
  readonly span: Span
  readonly encoding: string
}

/** Octets decoded at a time. */
const pieceBytes = 1024 * 1024

/** A longer header is not looked at for its encoding. */
const headerBytes = 64 * 1024

/**
 * Finds a part for BINARY (RFC 3516 §4.2). The message itself, multiparts and messages inside have no encoding
 * of their own (RFC 2045 §6.4). Undefined: there is no such part.
 */
export async function findBinaryPart(
  { section }: PlannedBinary,
  { row, facts }: Material,
  read: ReadSpan,
): Promise<BinaryPart | undefined> {
  const span = sectionSpan(section, row.size, facts)
  if (span === undefined || section.part.length === 0) return span && { span, encoding: '' }
  const mime = sectionSpan({ ...section, text: { kind: 'MIME' } }, row.size, facts)
  if (mime === undefined) return { span, encoding: '' }
  const end = Math.min(mime.end, mime.start + headerBytes)
  const { type, encoding } = indexMessage(await read({ start: mime.start, end }))
  const isComposite = ['multipart', 'message'].includes(type.toLowerCase())
  return { span, encoding: isComposite ? '' : encoding }
}

/** A part decoded piece by piece; undefined where nobody knows how (UNKNOWN-CTE). */
export function decodedPieces(
  { span, encoding }: BinaryPart,
  read: ReadSpan,
): AsyncGenerator<Buffer, void> | undefined {
  const decoder = transferDecoder(encoding)
  if (decoder === undefined) return undefined
  return (async function* pieces() {
    for (let start = span.start; start < span.end; start += pieceBytes) {
      yield decoder.push(await read({ start, end: Math.min(start + pieceBytes, span.end) }))
    }
    yield decoder.end()
  })()
}

/** What is to be known of decoded octets before the first of them is sent. */
export interface DecodedShape {
  readonly octets: number
  /** They can not go as an ordinary literal (RFC 3516 §4.2). */
  readonly hasNul: boolean
}

/** Goes through decoded octets once, holding a piece of them. */
export async function shapeOf(pieces: AsyncIterable<Buffer>): Promise<DecodedShape> {
  let octets = 0
  let hasNul = false
  for await (const piece of pieces) {
    octets += piece.length
    hasNul ||= piece.includes(0)
  }
  return { octets, hasNul }
}
