import { formatDateTime, formatString, type Partial as PartialRange } from '@posthouse/imap-wire'
import { threadIdText } from '@posthouse/mailbox-search'
import { selectHeaderFields, type Span } from '@posthouse/message'
import type { MessageRow, StoredFacts } from '@posthouse/store'
import { limits } from '../limits.ts'
import type { SelectedMailbox } from '../mailbox/selected-mailbox.ts'
import type { Octets } from '../session/octets.ts'
import { decodedPieces, findBinaryPart, shapeOf, type ReadSpan } from './binary-part.ts'
import type { FetchFact, PlannedBinary, PlannedItem } from './fetch-plan.ts'
import { sectionSpan } from './section-span.ts'
import { StateWriter } from './state-writer.ts'

/** Those facts of a message that the plan asked for. */
export type FetchedFacts = Partial<Pick<StoredFacts, FetchFact>>

/** What is at hand of one message while its response is made. */
export interface Material {
  readonly seq: number
  readonly row: MessageRow
  readonly facts: FetchedFacts
  /** The whole message, where it was read. */
  readonly octets: Buffer | undefined
  /** When it came into the mailbox, where that was read. */
  readonly savedAt: Date | undefined
  /** The conversation it belongs to, where that was read. */
  readonly threadId: number | undefined
}

type SectionItem = Extract<PlannedItem, { kind: 'section' }>

/** Larger pieces of a message are sent piece by piece, each read by itself. */
const pieceBytes = 256 * 1024

/** Makes FETCH responses for one mailbox (RFC 3501 §7.4.2). */
export class MessageResponse {
  readonly #mailbox: SelectedMailbox
  readonly #out: Octets
  readonly #states: StateWriter
  #hasUnknownEncoding = false

  constructor(mailbox: SelectedMailbox, out: Octets) {
    this.#mailbox = mailbox
    this.#out = out
    this.#states = new StateWriter(mailbox, out)
  }

  /** Some part could not be decoded (RFC 3516 §4.3). */
  get hasUnknownEncoding(): boolean {
    return this.#hasUnknownEncoding
  }

  /**
   * Writes one message's response. Yields what has been written whenever it has grown large: the
   * caller passes it on, and holds no more than a piece of a large message.
   */
  async *write(items: readonly PlannedItem[], material: Material): AsyncGenerator<Buffer, void> {
    const out = this.#out
    this.#states.open(material.seq)
    let separator = ''
    for (const item of items) {
      out.ascii(separator)
      separator = ' '
      if (item.kind === 'section') yield* this.#section(item, material)
      else if (item.kind === 'binary') yield* this.#binary(item, material)
      else this.#plain(item, material)
      // One command can ask for the same large part in a thousand slices.
      if (out.length >= limits.chunkBytes) yield out.lend()
    }
    this.#states.close()
  }

  #plain(
    item: Exclude<PlannedItem, SectionItem | PlannedBinary>,
    { row, facts, savedAt, threadId }: Material,
  ): void {
    if (item.kind === 'state') return this.#states.item(item.item, row)
    if (item.kind === 'saved') return this.#saved(savedAt)
    if (item.kind === 'thread') return this.#thread(threadId)
    if (item.item === 'PREVIEW') return this.#preview(facts.preview)
    const value =
      item.item === 'ENVELOPE'
        ? facts.envelope
        : item.item === 'BODY'
          ? facts.body
          : facts.bodyStructure
    this.#out.ascii(`${item.item} `)
    if (value === undefined) this.#out.ascii('NIL')
    else this.#out.octets(value)
  }

  /** RFC 8514 §4.2. */
  #saved(savedAt: Date | undefined): void {
    const text = savedAt === undefined ? 'NIL' : formatDateTime(savedAt)
    this.#out.ascii(`SAVEDATE ${text}`)
  }

  /** RFC 8474 §5.2. */
  #thread(threadId: number | undefined): void {
    const text = threadId === undefined ? 'NIL' : `(${threadIdText(threadId)})`
    this.#out.ascii(`THREADID ${text}`)
  }

  /** RFC 8970 §3.2: text in UTF-8, perhaps none. */
  #preview(text: string | undefined): void {
    this.#out.ascii('PREVIEW ')
    if (text === undefined) this.#out.ascii('NIL')
    else this.#out.octets(formatString(text))
  }

  async *#section(item: SectionItem, material: Material): AsyncGenerator<Buffer, void> {
    this.#out.ascii(item.label).ascii(' ')
    const span = sectionSpan(item.section, material.row.size, material.facts)
    if (span === undefined) {
      this.#out.ascii('NIL')
      return
    }
    const text = item.section.text
    if (text !== undefined && 'fields' in text) {
      const header = await this.#read(span, material)
      const mode = text.kind === 'HEADER.FIELDS' ? 'only' : 'except'
      const whole = { start: 0, end: header.length }
      const chosen = selectHeaderFields(header, whole, text.fields, mode)
      this.#string(cut(chosen, item.partial))
      return
    }
    const range = narrowed(span, item.partial)
    if (range.end - range.start > pieceBytes && material.octets === undefined) {
      yield* this.#pieces(range, material)
    } else this.#string(await this.#read(range, material))
  }

  /** A literal that is longer than what is held at once. Its length has been promised: it must be kept. */
  async *#pieces(range: Span, material: Material): AsyncGenerator<Buffer, void> {
    this.#out
      .ascii('{')
      .uint(range.end - range.start)
      .ascii('}\r\n')
    let left = range.end - range.start
    for await (const octets of this.#mailbox.open.stream(material.row.uid, range)) {
      if (this.#out.length > 0) yield this.#out.lend()
      left -= octets.length
      yield octets
    }
    if (left !== 0) throw new Error('a message is shorter than its facts say')
  }

  /** BINARY and BINARY.SIZE (RFC 3516 §4.2, §4.3): decoded twice, because a literal's length goes before it. */
  async *#binary(item: PlannedBinary, material: Material): AsyncGenerator<Buffer, void> {
    this.#out.ascii(item.label).ascii(' ')
    const read: ReadSpan = (span) => this.#read(span, material)
    const part = await findBinaryPart(item, material, read)
    const first = part && decodedPieces(part, read)
    if (part === undefined || first === undefined) {
      this.#hasUnknownEncoding ||= part !== undefined
      this.#out.ascii(item.isSize ? '0' : 'NIL')
      return
    }
    const { octets, hasNul } = await shapeOf(first)
    if (item.isSize) {
      this.#out.uint(octets)
      return
    }
    const range = narrowed({ start: 0, end: octets }, item.partial)
    if (range.end === range.start) {
      this.#out.ascii('""')
      return
    }
    this.#out
      .ascii(hasNul ? '~{' : '{')
      .uint(range.end - range.start)
      .ascii('}\r\n')
    let at = 0
    for await (const piece of decodedPieces(part, read) ?? []) {
      this.#out.octets(piece.subarray(Math.max(0, range.start - at), Math.max(0, range.end - at)))
      at += piece.length
      if (this.#out.length >= limits.chunkBytes) yield this.#out.lend()
    }
  }

  async #read(span: Span, { row, facts, octets }: Material): Promise<Buffer> {
    if (span.end <= span.start) return Buffer.alloc(0)
    if (octets !== undefined) return octets.subarray(span.start, span.end)
    const { prefix, header } = facts
    if (prefix != null && header != null && span.end <= prefix.length + header.length) {
      return Buffer.concat([prefix, header]).subarray(span.start, span.end)
    }
    const read = await this.#mailbox.open.octets(row.uid, span)
    if (read?.length !== span.end - span.start)
      throw new Error('a message is shorter than its facts say')
    return read
  }

  #string(octets: Buffer): void {
    if (octets.length === 0) this.#out.ascii('""')
    else this.#out.literal(octets)
  }
}

function narrowed(span: Span, partial: PartialRange | undefined): Span {
  if (partial === undefined) return span
  const start = Math.min(span.start + partial.offset, span.end)
  return { start, end: Math.min(start + partial.count, span.end) }
}

function cut(octets: Buffer, partial: PartialRange | undefined): Buffer {
  const { start, end } = narrowed({ start: 0, end: octets.length }, partial)
  return octets.subarray(start, end)
}
