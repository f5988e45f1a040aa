import { octetClass } from './octet-class.ts'
import { literalMarker, type Segment } from './segment.ts'
import { ImapSyntaxError, type RefusalCode } from './syntax-error.ts'

/** How a command is to be read. */
export interface CursorOptions {
  /** UTF8=ACCEPT is enabled: mailbox names are UTF-8, not modified UTF-7 (RFC 6855 §3). */
  readonly utf8?: boolean
  /** Extensions that are switched off, by their capabilities: their syntax is as if nobody had invented it. */
  readonly without?: ReadonlySet<string>
}

const nothing: ReadonlySet<string> = new Set()

/**
 * A reading position in a command. Parsers are functions over a cursor: they consume what they
 * recognise, return its value, and throw `ImapSyntaxError` at the octet that is wrong.
 */
export class Cursor {
  readonly isUtf8: boolean
  readonly #without: ReadonlySet<string>
  readonly #segments: readonly Segment[]
  #index = 0
  #line: Buffer
  #at = 0
  /** Octets of the command before the current line. */
  #before = 0

  constructor(segments: readonly Segment[], options: CursorOptions = {}) {
    const first = segments[0]
    this.#segments = segments
    this.#line = first?.kind === 'line' ? first.octets : Buffer.alloc(0)
    this.isUtf8 = options.utf8 ?? false
    this.#without = options.without ?? nothing
  }

  /** Octets consumed so far, literals included. */
  get position(): number {
    return this.#before + this.#at
  }

  /** The next octet, or -1 at the end of the line. A literal's octets are never seen here. */
  peek(): number {
    return this.#line[this.#at] ?? -1
  }

  /** The octet after the next one, or -1. */
  peekSecond(): number {
    return this.#line[this.#at + 1] ?? -1
  }

  /** True when nothing is left of the whole command. */
  isAtEnd(): boolean {
    return this.#at >= this.#line.length && this.#segments[this.#index + 1] === undefined
  }

  /** Consume this one octet if it comes next. */
  accept(octet: number): boolean {
    if (this.peek() !== octet) return false
    this.#at += 1
    return true
  }

  /** Consume this one octet or fail with "expected …". */
  expect(octet: number, what: string): void {
    if (!this.accept(octet)) this.fail(`expected ${what}`)
  }

  /** Consume one octet whatever it is; -1 at the end of the line. */
  next(): number {
    const octet = this.peek()
    if (octet >= 0) this.#at += 1
    return octet
  }

  /** Consume the longest run of octets of these classes (see octet-class.ts); may be empty. */
  run(classes: number): string {
    const start = this.#at
    let end = start
    while (end < this.#line.length && (octetClass[this.#line[end] ?? 0] ?? 0) & classes) end += 1
    this.#at = end
    return this.#line.toString('latin1', start, end)
  }

  /** Octets of the current line from `start` (a former `mark()`) to here. */
  since(mark: number): Buffer {
    return this.#line.subarray(mark, this.#at)
  }

  /** The place in the current line, for `since` and `reset`. Void once a literal was read. */
  mark(): number {
    return this.#at
  }

  /** Go back to a `mark()` of the same line. */
  reset(mark: number): void {
    this.#at = mark
  }

  /**
   * Consume a literal whose `{` (or `~{`) comes next: the rest of this line must be the
   * announcement, the next segment its octets.
   */
  literal(): { readonly octets: Buffer; readonly isBinary: boolean } {
    const marker = literalMarker(this.#line)
    const body = this.#segments[this.#index + 1]
    if (marker?.start !== this.#at || body?.kind !== 'literal') this.fail('malformed literal')
    if (body.octets.length !== marker.octets) this.fail('literal of another length than announced')
    this.#before += this.#line.length + body.octets.length
    this.#index += 2
    const line = this.#segments[this.#index]
    this.#line = line?.kind === 'line' ? line.octets : Buffer.alloc(0)
    this.#at = 0
    return { octets: body.octets, isBinary: marker.isBinary }
  }

  /** What was just read belongs to this extension: give up where it is switched off. */
  needs(extension: string): void {
    if (this.#without.has(extension)) this.fail('there is no such extension')
  }

  /** Give up here, with a text for the client; with a code the answer becomes a NO. */
  fail(text: string, code?: RefusalCode): never {
    throw new ImapSyntaxError(text, this.position, code)
  }
}

/** A parser's outcome as a value. */
export type ParseResult<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: ImapSyntaxError }

/** Run a parser over a command and turn its refusal into a value; other errors are bugs and fly. */
export function parseWith<T>(cursor: Cursor, parser: (c: Cursor) => T): ParseResult<T> {
  try {
    return { ok: true, value: parser(cursor) }
  } catch (error) {
    if (error instanceof ImapSyntaxError) return { ok: false, error }
    throw error
  }
}
