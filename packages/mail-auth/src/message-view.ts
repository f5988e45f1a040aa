import { headerFields, type HeaderField } from '@posthouse/message'
import { maxFields, maxHeaderBytes } from './limits.ts'

/** A header field as the checks read it. */
export interface Field {
  /** Lower case (ASCII only). */
  readonly name: string
  /** All of it, octets as characters, without its last line end. */
  readonly text: string
  /** What follows the colon, octets as characters, without its last line end. */
  readonly value: string
  readonly raw: HeaderField
}

/** A message, split once for all checks. */
export interface MessageView {
  readonly fields: readonly Field[]
  readonly byName: ReadonlyMap<string, readonly Field[]>
  readonly body: Buffer
  /**
   * Why the header is none (RFC 5322 §2.2): a line of it belongs to no field, or it is endless. Readers differ on where such a
   * header ends and what is in it: the message has no author, and no signature of it counts (RFC 6376 §3.8).
   */
  readonly flaw?: string
}

/** Splits a message where its header ends: at the first empty line (RFC 5322 §2.1). Lines end in CRLF, or in LF. */
export function viewMessage(octets: Buffer): MessageView {
  const { headerEnd, bodyStart } = findBody(octets)
  const header = octets.subarray(0, Math.min(headerEnd, maxHeaderBytes))
  const all = headerFields(header, { start: 0, end: header.length })
  const fields = all.slice(0, maxFields).map(viewField)
  const byName = new Map<string, Field[]>()
  for (const field of fields) {
    const there = byName.get(field.name)
    if (there === undefined) byName.set(field.name, [field])
    else there.push(field)
  }
  const isTooLong = headerEnd > maxHeaderBytes || all.length > maxFields
  const flaw = isTooLong ? 'the header is too long' : oddLine(header, fields)
  return {
    fields,
    byName,
    body: octets.subarray(bodyStart),
    ...(flaw === undefined ? {} : { flaw }),
  }
}

/** `field-name = 1*ftext`, white space behind it (RFC 5322 §3.6.8, §4.5). */
const fieldName = /^[\x21-\x39\x3b-\x7e]+$/

/** QUIRK: a message out of a mail file may begin with `From sender date`. */
function oddLine(header: Buffer, fields: readonly Field[]): string | undefined {
  const isFile = header.subarray(0, 5).toString('latin1') === 'From '
  const first = isFile ? header.indexOf(LF) + 1 : 0
  const octets = fields.reduce((sum, { raw }) => sum + raw.raw.length, 0)
  const isAllFields =
    octets === header.length - first && fields.every(({ name }) => fieldName.test(name))
  return isAllFields ? undefined : 'the header has a line that is no field'
}

/** Where the header block ends and the body begins. */
export function findBody(octets: Buffer): {
  readonly headerEnd: number
  readonly bodyStart: number
} {
  let start = 0
  while (start < octets.length) {
    if (octets[start] === LF) return { headerEnd: start, bodyStart: start + 1 }
    if (octets[start] === CR && octets[start + 1] === LF)
      return { headerEnd: start, bodyStart: start + 2 }
    const feed = octets.indexOf(LF, start)
    if (feed < 0) break
    start = feed + 1
  }
  return { headerEnd: octets.length, bodyStart: octets.length }
}

function viewField(raw: HeaderField): Field {
  const text = withoutLineEnd(raw.raw.toString('latin1'))
  const value = withoutLineEnd(raw.value.toString('latin1'))
  return { name: lowerAscii(raw.name), text, value, raw }
}

/** Names are ASCII; `toLowerCase` would change octets beyond it too (RFC 6376 §3.4.2 wants case folded, not letters changed). */
export function lowerAscii(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase())
}

function withoutLineEnd(text: string): string {
  if (!text.endsWith('\n')) return text
  return text.slice(0, text.endsWith('\r\n') ? -2 : -1)
}

const LF = 10
const CR = 13
