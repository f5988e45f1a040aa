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
  const wanted = new Set(names.map((name) => name.toLowerCase()))
  const ranges = new Ranges(octets)
  for (const field of eachField(octets, span)) {
    const name = octetString(octets, field.start, field.nameEnd).toLowerCase()
    if (wanted.has(name) === (mode === 'only')) ranges.add(field.start, field.end)
  }
  ranges.add(emptyLineStart(octets, span), span.end)
  return ranges.join()
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
  while (start < end && isBlank(text.charCodeAt(start))) start += 1
  while (end > start && isBlank(text.charCodeAt(end - 1))) end -= 1
  return text.slice(start, end)
}

/** Adjacent ranges are joined, so that "all but one field" of a huge header stays two copies. */
class Ranges {
  readonly #octets: Buffer
  readonly #pieces: Buffer[] = []
  #start = 0
  #end = 0

  constructor(octets: Buffer) {
    this.#octets = octets
  }

  add(start: number, end: number): void {
    if (start !== this.#end) {
      this.#flush()
      this.#start = start
    }
    this.#end = end
  }

  join(): Buffer {
    this.#flush()
    return Buffer.concat(this.#pieces)
  }

  #flush(): void {
    if (this.#end > this.#start) this.#pieces.push(this.#octets.subarray(this.#start, this.#end))
  }
}

function emptyLineStart(octets: Buffer, span: Span): number {
  if (octets[span.end - 1] !== LF || span.end <= span.start) return span.end
  const isCrlf = span.end - 2 >= span.start && octets[span.end - 2] === CR
  const start = span.end - (isCrlf ? 2 : 1)
  return start === span.start || octets[start - 1] === LF ? start : span.end
}

function fieldEnd(octets: Buffer, start: number, limit: number): number {
  let at = start
  do {
    const feed = octets.indexOf(LF, at)
    at = feed < 0 || feed >= limit ? limit : feed + 1
  } while (at < limit && (octets[at] === SPACE || octets[at] === TAB))
  return at
}

function locate(octets: Buffer, start: number, end: number): FieldOffsets | undefined {
  let colon = start
  while (colon < end && octets[colon] !== COLON) {
    if (octets[colon] === LF) return undefined
    colon += 1
  }
  if (colon === end) return undefined
  let nameEnd = colon
  while (nameEnd > start && isBlank(octets[nameEnd - 1] ?? 0)) nameEnd -= 1
  if (nameEnd === start || isMboxLine(octets, start, nameEnd)) return undefined
  return { start, nameEnd, valueStart: colon + 1, end }
}

/** QUIRK: mail files begin with `From user Sat Jan  1 00:00:00 2000`, which has colons. */
function isMboxLine(octets: Buffer, start: number, nameEnd: number): boolean {
  return nameEnd - start > 5 && octetString(octets, start, start + 5) === 'From '
}

function isBlank(code: number): boolean {
  return code === SPACE || code === TAB || code === CR || code === LF
}

const TAB = 9
const LF = 10
const CR = 13
const SPACE = 32
const COLON = 58
