import { decodeCharset } from './charset.ts'
import { paramValue } from './content-fields.ts'
import { sliceSpan } from './span.ts'
import type { MimePart } from './part.ts'
import { decodeTransfer } from './transfer.ts'

/** A leaf's octets with their transfer encoding undone. */
export function partOctets(octets: Buffer, part: MimePart): Buffer {
  return decodeTransfer(sliceSpan(octets, part.body), part.encoding)
}

/**
 * A text leaf as Unicode, by its transfer encoding and charset. HTML stays HTML.
 * @param maxBytes of the encoded body, from its start, that are read
 */
export function partText(octets: Buffer, part: MimePart, maxBytes = octets.length): string {
  const { start, end } = part.body
  const encoded = octets.subarray(start, Math.min(end, start + maxBytes))
  const charset = paramValue(part.params, 'charset') ?? ''
  return decodeCharset(decodeTransfer(encoded, part.encoding), charset)
}

/** The leaves of a message, depth first, those of messages inside it included. */
export function* eachLeaf(part: MimePart): Generator<MimePart> {
  if (part.message !== undefined) yield* eachLeaf(part.message)
  else if (part.children.length === 0) yield part
  else for (const child of part.children) yield* eachLeaf(child)
}

/** Whether a part is text that a reader sees or searches. */
export function isTextPart(part: MimePart): boolean {
  return part.type.toLowerCase() === 'text'
}
