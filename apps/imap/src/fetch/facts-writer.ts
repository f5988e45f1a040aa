import { HeaderSelector } from '@posthouse/message'
import type { FactsPage, OctetFact, OctetPlace, StoredFacts } from '@posthouse/store'
import type { SelectedMailbox } from '../mailbox/selected-mailbox.ts'
import type { Octets } from '../session/octets.ts'
import type { PlannedItem, StateItem } from './fetch-plan.ts'
import { StateWriter, type MessageState } from './state-writer.ts'

/** Pages in which every fact is found that a FETCH can need. */
type Page = FactsPage<keyof StoredFacts>

type FactItem =
  | { readonly kind: 'state'; readonly item: StateItem }
  | { readonly kind: 'fact'; readonly head: Buffer; readonly fact: OctetFact }
  | { readonly kind: 'header'; readonly head: Buffer; readonly fields: FieldChoice | undefined }

/** Header fields are chosen from what we prepended, and from what the peer sent. */
interface FieldChoice {
  readonly ofPrefix: HeaderSelector
  readonly ofHeader: HeaderSelector
}

const noOctets = Buffer.alloc(0)

/**
 * Writes FETCH responses of what stands in memory and in pages of facts: ENVELOPE, BODYSTRUCTURE, the top header and its
 * fields. The facts' octets go from the page into the output, and nothing is made in between: a client lists a folder of
 * 50,000 messages.
 */
export class FactsWriter {
  readonly #items: readonly FactItem[]
  readonly #out: Octets
  readonly #states: StateWriter
  readonly #prefix: OctetPlace = { octets: noOctets, start: 0, end: 0 }
  readonly #header: OctetPlace = { octets: noOctets, start: 0, end: 0 }
  readonly #needsHeader: boolean

  /** Undefined where there is an item among these that it cannot write. */
  static of(
    mailbox: SelectedMailbox,
    items: readonly PlannedItem[],
    out: Octets,
  ): FactsWriter | undefined {
    const known = items.map(itemOf)
    return known.every((item) => item !== undefined)
      ? new FactsWriter(mailbox, known, out)
      : undefined
  }

  private constructor(mailbox: SelectedMailbox, items: readonly FactItem[], out: Octets) {
    this.#items = items
    this.#out = out
    this.#states = new StateWriter(mailbox, out)
    this.#needsHeader = items.some(({ kind }) => kind === 'header')
  }

  /** Writes a response, or nothing: false where the message's header is not in the page as it is needed. */
  response(seq: number, message: MessageState, page: Page, index: number): boolean {
    if (this.#needsHeader && !this.#findHeader(page, index)) return false
    this.#states.open(seq)
    for (let i = 0; i < this.#items.length; i += 1) {
      const item = this.#items[i]
      if (item === undefined) break
      if (i > 0) this.#out.ascii(' ')
      if (item.kind === 'state') this.#states.item(item.item, message)
      else if (item.kind === 'fact') this.#fact(item.head, page.place(index, item.fact))
      else this.#top(item.head, item.fields)
    }
    this.#states.close()
    return true
  }

  #fact(head: Buffer, place: OctetPlace | undefined): void {
    this.#out.octets(head)
    if (place === undefined) this.#out.ascii('NIL')
    else this.#out.part(place.octets, place.start, place.end)
  }

  /** False where the header is too large to be kept, or continues the last line of the prefix. */
  #findHeader(page: Page, index: number): boolean {
    take(page.place(index, 'prefix'), this.#prefix)
    const header = page.place(index, 'header')
    take(header, this.#header)
    if (header === undefined) return false
    const first = header.octets[header.start]
    const isContinued = header.end > header.start && (first === 0x20 || first === 0x09)
    return !isContinued || this.#prefix.end === this.#prefix.start
  }

  #top(head: Buffer, fields: FieldChoice | undefined): void {
    const { octets: first, start, end } = this.#prefix
    const { octets: second, start: from, end: to } = this.#header
    const out = this.#out.octets(head)
    if (fields === undefined) {
      if (this.#literal(end - start + to - from)) out.part(first, start, end).part(second, from, to)
      return
    }
    const { ofPrefix, ofHeader } = fields
    ofPrefix.select(first, start, end)
    ofHeader.select(second, from, to)
    if (!this.#literal(ofPrefix.bytes + ofHeader.bytes)) return
    this.#ranges(first, ofPrefix)
    this.#ranges(second, ofHeader)
  }

  /** Begins a string; false where it is empty, and done. */
  #literal(bytes: number): boolean {
    if (bytes === 0) this.#out.ascii('""')
    else this.#out.ascii('{').uint(bytes).ascii('}\r\n')
    return bytes > 0
  }

  #ranges(octets: Buffer, { ranges, count }: HeaderSelector): void {
    for (let i = 0; i < 2 * count; i += 2)
      this.#out.part(octets, ranges[i] ?? 0, ranges[i + 1] ?? 0)
  }
}

function itemOf(item: PlannedItem): FactItem | undefined {
  if (item.kind === 'state') return item
  if (item.kind === 'facts') {
    if (item.item === 'PREVIEW') return undefined
    return { kind: 'fact', head: Buffer.from(`${item.item} `), fact: factOf[item.item] }
  }
  if (item.kind !== 'section' || item.partial !== undefined || item.section.part.length > 0)
    return undefined
  const { text } = item.section
  const head = Buffer.from(`${item.label} `, 'latin1')
  if (text?.kind === 'HEADER') return { kind: 'header', head, fields: undefined }
  if (text === undefined || !('fields' in text)) return undefined
  const mode = text.kind === 'HEADER.FIELDS' ? 'only' : 'except'
  const select = (): HeaderSelector => new HeaderSelector(text.fields, mode)
  return { kind: 'header', head, fields: { ofPrefix: select(), ofHeader: select() } }
}

const factOf = { ENVELOPE: 'envelope', BODY: 'body', BODYSTRUCTURE: 'bodyStructure' } as const

function take(from: OctetPlace | undefined, to: OctetPlace): void {
  to.octets = from?.octets ?? noOctets
  to.start = from?.start ?? 0
  to.end = from?.end ?? 0
}
