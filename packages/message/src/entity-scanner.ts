import type { FieldOffsets } from './header-fields.ts'
import { countFeeds } from './count-feeds.ts'
import { octetString, type Span } from './span.ts'

/** A delimiter line of an open multipart (RFC 2046 §5.1.1). */
export interface Delimiter {
  /** Which open multipart it belongs to, 0 the outermost. */
  readonly level: number
  readonly closes: boolean
  /** Where its line begins. */
  readonly start: number
  /** Line feeds before that. */
  readonly lines: number
}

/** A header block and its Content-* fields. */
export interface ScannedHeader {
  readonly header: Span
  readonly fields: readonly FieldOffsets[]
  /** The delimiter that interrupted it before its empty line. */
  readonly stop: Delimiter | undefined
}

/**
 * One pass over the octets of a message: finds the ends of headers and the delimiter lines of the
 * multiparts that are open, and counts line feeds on the way. The cursor only moves forward, from
 * line start to line start.
 */
export class EntityScanner {
  /** The cursor: the start of a line, or the end of the octets. */
  pos = 0
  /** Line feeds before the cursor. */
  lines = 0
  readonly #octets: Buffer
  readonly #open: string[] = []
  /** Innermost level of each open boundary. */
  readonly #levels = new Map<string, number>()
  #shortest = Infinity
  #longest = 0

  constructor(octets: Buffer) {
    this.#octets = octets
  }

  /** From now on lines with this boundary are delimiters; returns their level. */
  open(boundary: string): number {
    this.#open.push(boundary)
    this.#remember()
    return this.#open.length - 1
  }

  /** Forgets the innermost boundary. */
  close(): void {
    this.#open.pop()
    this.#remember()
  }

  /** Passes a header block. Without an empty line it reaches to the delimiter, or to the end. */
  header(): ScannedHeader {
    const octets = this.#octets
    const start = this.pos
    const fields: FieldOffsets[] = []
    while (this.pos < octets.length) {
      const lineStart = this.pos
      const first = octets[lineStart]
      const stop = this.#delimiterHere()
      if (stop !== undefined) {
        return { header: { start, end: this.endBefore(stop, start).offset }, fields, stop }
      }
      const end = this.#passLine()
      if (first === LF || (first === CR && octets[lineStart + 1] === LF)) break
      if (first === UPPER_C || first === LOWER_C) pushContentField(octets, lineStart, end, fields)
      else if (first === SPACE || first === TAB) extendLast(fields, lineStart, end)
    }
    return { header: { start, end: this.pos }, fields, stop: undefined }
  }

  /** Passes lines up to and with the next delimiter; undefined, and at the end, when none comes. */
  nextDelimiter(): Delimiter | undefined {
    if (this.#open.length === 0) {
      this.#passTo(this.#octets.length)
      return undefined
    }
    while (this.pos < this.#octets.length) {
      const delimiter = this.#delimiterHere()
      if (delimiter !== undefined) return delimiter
      this.#passToDashes()
    }
    return undefined
  }

  /**
   * Where a body ends that a delimiter (or the end of data) ends, and the line feeds before that:
   * the line break before the delimiter is not the body's. Never before `start`.
   */
  endBefore(stop: Delimiter | undefined, start: number): { offset: number; lines: number } {
    if (stop === undefined) return { offset: this.#octets.length, lines: this.lines }
    if (stop.start <= start) return { offset: start, lines: stop.lines }
    const isCrlf = stop.start - 2 >= start && this.#octets[stop.start - 2] === CR
    return { offset: stop.start - (isCrlf ? 2 : 1), lines: stop.lines - 1 }
  }

  #passLine(): number {
    const feed = this.#octets.indexOf(LF, this.pos)
    this.pos = feed < 0 ? this.#octets.length : feed + 1
    if (feed >= 0) this.lines += 1
    return this.pos
  }

  /** Passes at least one line, on to the next that begins with two dashes, or to the end. */
  #passToDashes(): void {
    const octets = this.#octets
    // A native search costs as much as looking at a hundred octets: lines of dashes are looked at.
    const near = Math.min(octets.length, this.pos + 96)
    for (let at = this.pos; at < near; at += 1) {
      if (octets[at] !== LF || octets[at + 1] !== DASH || octets[at + 2] !== DASH) continue
      this.#passTo(at + 1)
      return
    }
    const found = octets.indexOf(FEED_DASH_DASH, Math.max(this.pos, near - 2))
    this.#passTo(found < 0 ? octets.length : found + 1)
  }

  #passTo(offset: number): void {
    this.lines += countFeeds(this.#octets, this.pos, offset)
    this.pos = offset
  }

  /** Passes the line at the cursor if it is a delimiter. */
  #delimiterHere(): Delimiter | undefined {
    const octets = this.#octets
    const start = this.pos
    if (octets[start] !== DASH || octets[start + 1] !== DASH || this.#open.length === 0) {
      return undefined
    }
    let end = start + 2
    while (end < octets.length && octets[end] !== LF) end += 1
    while (end > start + 2 && isPadding(octets[end - 1])) end -= 1
    const found = this.#match(start + 2, end)
    if (found === undefined) return undefined
    const delimiter = { ...found, start, lines: this.lines }
    this.#passLine()
    return delimiter
  }

  #match(from: number, end: number): { level: number; closes: boolean } | undefined {
    const length = end - from
    if (length < this.#shortest || length > this.#longest + 2) return undefined
    const text = octetString(this.#octets, from, end)
    const level = this.#levels.get(text) ?? -1
    const closed = text.endsWith('--') ? (this.#levels.get(text.slice(0, -2)) ?? -1) : -1
    if (level < 0 && closed < 0) return undefined
    return closed > level ? { level: closed, closes: true } : { level, closes: false }
  }

  #remember(): void {
    this.#levels.clear()
    this.#shortest = Infinity
    this.#longest = 0
    for (const [level, boundary] of this.#open.entries()) {
      this.#levels.set(boundary, level)
      this.#shortest = Math.min(this.#shortest, boundary.length)
      this.#longest = Math.max(this.#longest, boundary.length)
    }
  }
}

function isPadding(octet: number | undefined): boolean {
  return octet === SPACE || octet === TAB || octet === CR
}

/** Keeps a field whose name begins with `Content-`; its name's case and trailing space are the reader's. */
function pushContentField(
  octets: Buffer,
  start: number,
  end: number,
  fields: FieldOffsets[],
): void {
  if (octets[start + 7] !== DASH) return
  const colon = octets.subarray(start, end).indexOf(COLON)
  if (colon < 0) return
  let nameEnd = start + colon
  while (nameEnd > start && isPadding(octets[nameEnd - 1])) nameEnd -= 1
  fields.push({ start, nameEnd, valueStart: start + colon + 1, end })
}

function extendLast(fields: FieldOffsets[], lineStart: number, end: number): void {
  const last = fields.at(-1)
  if (last?.end === lineStart) fields[fields.length - 1] = { ...last, end }
}

const FEED_DASH_DASH = Buffer.from('\n--')
const TAB = 9
const LF = 10
const CR = 13
const SPACE = 32
const DASH = 45
const COLON = 58
const UPPER_C = 67
const LOWER_C = 99
