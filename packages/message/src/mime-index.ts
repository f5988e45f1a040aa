import { fieldValue, type FieldOffsets } from './header-fields.ts'
import {
  paramValue,
  parseContentType,
  parseDisposition,
  parseEncoding,
  parseLanguage,
} from './content-fields.ts'
import { type Delimiter, EntityScanner } from './entity-scanner.ts'
import { MAX_DEPTH, MAX_PARTS } from './limits.ts'
import type { MimePart } from './part.ts'
import { octetString } from './span.ts'

/**
 * Takes a message apart: where every entity's header and body stand, and what its Content-* fields
 * say (RFC 2045, 2046). Works on any octets at all, with CRLF or LF line ends, and never throws;
 * time is linear in the number of octets.
 *
 * Decided here: a header ends only at an empty line, or where an enclosing boundary interrupts it.
 * A delimiter line is `--boundary`, `--` if it closes, and padding, nothing else; the innermost
 * open multipart with that boundary wins, and an outer one's delimiter ends all within it
 * (RFC 2046 §5.1.2). The line break before a delimiter belongs to the delimiter (§5.1.1).
 * A multipart that names no boundary, or is nested too deep, is a leaf; one in which its boundary
 * never comes has one text part, the whole body, so that its reader sees something.
 */
export function indexMessage(octets: Buffer): MimePart {
  return new Indexer(octets).entity(0, TEXT_PLAIN).part
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

interface MediaType {
  readonly type: string
  readonly subtype: string
  readonly params: MimePart['params']
}

/** An entity, and the delimiter of an enclosing multipart that ended it (undefined: end of data). */
interface Entity {
  readonly part: MimePart
  readonly stop: Delimiter | undefined
}

const TEXT_PLAIN: MediaType = { type: 'text', subtype: 'plain', params: [] }
const MESSAGE_RFC822: MediaType = { type: 'message', subtype: 'rfc822', params: [] }
const OPAQUE: MediaType = { type: 'application', subtype: 'octet-stream', params: [] }

class Indexer {
  readonly #octets: Buffer
  readonly #scanner: EntityScanner
  #parts = 0

  constructor(octets: Buffer) {
    this.#octets = octets
    this.#scanner = new EntityScanner(octets)
  }

  entity(depth: number, defaultType: MediaType): Entity {
    this.#parts += 1
    const { header, fields, stop } = this.#scanner.header()
    const at = stop === undefined ? this.#scanner.pos : header.end
    const part = describe(this.#octets, fields, defaultType)
    part.header = header
    part.body = { start: at, end: at }
    return { part, stop: stop ?? this.#body(part, depth) }
  }

  #body(part: Mutable<MimePart>, depth: number): Delimiter | undefined {
    const start = this.#scanner.pos
    const linesBefore = this.#scanner.lines
    const stop = this.#content(part, depth)
    const end = this.#scanner.endBefore(stop, start)
    part.body = { start, end: end.offset }
    part.lines = Math.max(0, end.lines - linesBefore)
    if (isMultipart(part) && part.children.length === 0) part.children = [wholeBody(part)]
    return stop
  }

  #content(part: Mutable<MimePart>, depth: number): Delimiter | undefined {
    const type = part.type.toLowerCase()
    if (type !== 'multipart' && !isMessage(part)) return this.#scanner.nextDelimiter()
    if (depth >= MAX_DEPTH || this.#parts >= MAX_PARTS) return this.#leaf(part, OPAQUE)
    if (type !== 'multipart') return this.#message(part, depth)
    const boundary = paramValue(part.params, 'boundary')?.trimEnd() ?? ''
    return boundary === '' ? this.#leaf(part, TEXT_PLAIN) : this.#multipart(part, boundary, depth)
  }

  #leaf(part: Mutable<MimePart>, as: MediaType): Delimiter | undefined {
    Object.assign(part, as)
    return this.#scanner.nextDelimiter()
  }

  #message(part: Mutable<MimePart>, depth: number): Delimiter | undefined {
    const inner = this.entity(depth + 1, TEXT_PLAIN)
    part.message = inner.part
    return inner.stop
  }

  #multipart(part: Mutable<MimePart>, boundary: string, depth: number): Delimiter | undefined {
    const isDigest = part.subtype.toLowerCase() === 'digest'
    const children: MimePart[] = []
    const level = this.#scanner.open(boundary)
    let stop = this.#scanner.nextDelimiter()
    while (stop?.level === level && !stop.closes) {
      if (this.#parts >= MAX_PARTS) {
        stop = this.#scanner.nextDelimiter()
        continue
      }
      // RFC 2046 §5.1.5: in a digest the default type is message/rfc822.
      const child = this.entity(depth + 1, isDigest ? MESSAGE_RFC822 : TEXT_PLAIN)
      children.push(child.part)
      stop = child.stop
    }
    this.#scanner.close()
    part.children = children
    return stop?.level === level ? this.#scanner.nextDelimiter() : stop
  }
}

function isMultipart(part: MimePart): boolean {
  return part.type.toLowerCase() === 'multipart'
}

function isMessage(part: MimePart): boolean {
  if (part.type.toLowerCase() !== 'message') return false
  const subtype = part.subtype.toLowerCase()
  return subtype === 'rfc822' || subtype === 'global'
}

function wholeBody(multipart: MimePart): MimePart {
  const { start } = multipart.body
  const child = emptyPart(TEXT_PLAIN)
  child.header = { start, end: start }
  child.body = multipart.body
  child.lines = multipart.lines
  return child
}

function emptyPart(media: MediaType): Mutable<MimePart> {
  return {
    header: NOWHERE,
    body: NOWHERE,
    lines: 0,
    type: media.type,
    subtype: media.subtype,
    params: media.params,
    id: undefined,
    description: undefined,
    encoding: '7bit',
    md5: undefined,
    disposition: undefined,
    language: [],
    location: undefined,
    children: [],
  }
}

const NOWHERE = { start: 0, end: 0 }

/** The first field of each name counts (RFC 5322 §3.6 allows one). */
function describe(
  octets: Buffer,
  fields: readonly FieldOffsets[],
  defaultType: MediaType,
): Mutable<MimePart> {
  const part = emptyPart(defaultType)
  const seen = new Set<string>()
  for (const field of fields) {
    const name = octetString(octets, field.start, field.nameEnd).toLowerCase()
    const set = SETTERS.get(name)
    if (set === undefined || seen.has(name)) continue
    seen.add(name)
    set(part, fieldValue(octets, field))
  }
  return part
}

type Setter = (part: Mutable<MimePart>, value: string) => void

const SETTERS = new Map<string, Setter>([
  ['content-type', (part, value) => void Object.assign(part, parseContentType(value) ?? {})],
  [
    'content-transfer-encoding',
    (part, value) => void (part.encoding = parseEncoding(value) ?? '7bit'),
  ],
  ['content-id', (part, value) => void (part.id = value)],
  ['content-description', (part, value) => void (part.description = value)],
  ['content-md5', (part, value) => void (part.md5 = value)],
  ['content-disposition', (part, value) => void (part.disposition = parseDisposition(value))],
  ['content-language', (part, value) => void (part.language = parseLanguage(value))],
  ['content-location', (part, value) => void (part.location = value)],
])
