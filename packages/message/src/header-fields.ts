import { fieldColon, fieldEnd, fieldNameEnd, isBlankOctet } from './field-offsets.ts'
import { HeaderSelector } from './header-selector.ts'
import { MAX_VALUE_BYTES } from './limits.ts'
import { octetString, type Span } from './span.ts'

/** A header field of a message, as views of its octets. */
export interface HeaderField {
  /** As written, without the colon and white space before it. */
  readonly name: string
  /** The whole field with its line ends. */
  readonly raw: Buffer
  /** What follows the colon, still folded, with its last line end. */
  readonly value: Buffer
}

/** Where a field stands: `start` to `end` is all of it, the name reaches to `nameEnd`. */
export interface FieldOffsets {
  readonly start: number
  readonly nameEnd: number
  readonly valueStart: number
  readonly end: number
}

/**
 * Walks the fields of a header block, one by one (a header may hold millions, so they are not
 * gathered). Lines that are no field (no colon, an mbox `From ` line, an empty name) are passed over
 * together with their continuation lines.
 */
export function* eachField(octets: Buffer, span: Span): Generator<FieldOffsets> {
  let start = span.start
  while (start < span.end) {
    const end = fieldEnd(octets, start, span.end)
    const field = locate(octets, start, end)
    if (field !== undefined) yield field
    start = end
  }
}

/** The fields of a header block, in order. */
export function headerFields(octets: Buffer, span: Span): readonly HeaderField[] {
  const fields: HeaderField[] = []
  for (const field of eachField(octets, span)) {
    fields.push({
      name: octetString(octets, field.start, field.nameEnd),
      raw: octets.subarray(field.start, field.end),
      value: octets.subarray(field.valueStart, field.end),
    })
  }
  return fields
}

/**
 * The fields with these names, or all except them, whole and in their order, followed by the
 * header's empty line if it has one: the value of `BODY[HEADER.FIELDS (…)]` and
 * `HEADER.FIELDS.NOT` (RFC 3501 §6.4.5). Names compare without case.
 */
export function selectHeaderFields(
  octets: Buffer,
  span: Span,
  names: readonly string[],
  mode: 'only' | 'except',
): Buffer {
  const selector = new HeaderSelector(names, mode)
  selector.select(octets, span.start, span.end)
  const { ranges, count, bytes } = selector
  const pieces: Buffer[] = []
  for (let i = 0; i < 2 * count; i += 2) pieces.push(octets.subarray(ranges[i], ranges[i + 1]))
  return Buffer.concat(pieces, bytes)
}

/** A field's value, unfolded (RFC 5322 §2.2.3) and trimmed, as octets one per character; capped. */
export function fieldValue(octets: Buffer, field: FieldOffsets, cap = MAX_VALUE_BYTES): string {
  const end = Math.min(field.end, field.valueStart + cap)
  return unfold(octets.subarray(field.valueStart, end))
}

/** Unfolds and trims a field value; the result holds octets, one per character. */
export function unfold(value: Buffer): string {
  const text = octetString(value, 0, value.length)
  return trimBlanks(text.includes('\n') ? text.replace(/\r?\n/g, '') : text)
}

/** Trims spaces and tabs, and a stray CR; not U+00A0, which is half of a UTF-8 character here. */
export function trimBlanks(text: string): string {
  let start = 0
  let end = text.length
  while (start < end && isBlankOctet(text.charCodeAt(start))) start += 1
  while (end > start && isBlankOctet(text.charCodeAt(end - 1))) end -= 1
  return text.slice(start, end)
}

function locate(octets: Buffer, start: number, end: number): FieldOffsets | undefined {
  const colon = fieldColon(octets, start, end)
  const nameEnd = colon < 0 ? start : fieldNameEnd(octets, start, colon)
  return nameEnd === start ? undefined : { start, nameEnd, valueStart: colon + 1, end }
}
