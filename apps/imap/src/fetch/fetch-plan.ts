import {
  formatSection,
  setsSeen,
  type BinaryItem,
  type FetchItem,
  type FetchModifiers,
  type Partial,
  type Section,
} from '@posthouse/imap-wire'

/** An item that the mailbox's state in memory answers. */
export type StateItem = 'UID' | 'FLAGS' | 'INTERNALDATE' | 'RFC822.SIZE' | 'MODSEQ' | 'EMAILID'

/** One item of a FETCH, made ready for many messages. */
export type PlannedItem =
  | { readonly kind: 'state'; readonly item: StateItem }
  | { readonly kind: 'facts'; readonly item: 'ENVELOPE' | 'BODY' | 'BODYSTRUCTURE' | 'PREVIEW' }
  | { readonly kind: 'saved'; readonly item: 'SAVEDATE' }
  | { readonly kind: 'thread'; readonly item: 'THREADID' }
  | PlannedBinary
  | {
      readonly kind: 'section'
      /** What stands before the octets in the response: `BODY[TEXT]<0>`. */
      readonly label: string
      readonly section: Section
      readonly partial: Partial | undefined
    }

/** A part with its transfer encoding undone, or how long it is then (RFC 3516). */
export interface PlannedBinary {
  readonly kind: 'binary'
  readonly label: string
  readonly isSize: boolean
  readonly section: Section
  readonly partial: Partial | undefined
}

/** A fact that FETCH can need. */
export type FetchFact =
  | 'envelope'
  | 'body'
  | 'bodyStructure'
  | 'parts'
  | 'prefix'
  | 'header'
  | 'headerSize'
  | 'preview'

/** What a FETCH needs to read, found out once for all its messages. */
export interface FetchPlan {
  readonly items: readonly PlannedItem[]
  /** The client asked for MODSEQ, or for what was changed since one (RFC 7162 §3.1.4). */
  readonly tellsModSeq: boolean
  /** Facts of the message that are needed: structure, header, or where a part stands. */
  readonly facts: readonly FetchFact[]
  /** When messages came into the mailbox is needed. */
  readonly needsSaved: boolean
  /** Their conversations are needed. */
  readonly needsThreads: boolean
  /** Octets beyond the top header are needed. */
  readonly needsOctets: boolean
  /** \Seen is set on what is fetched (RFC 3501 §6.4.5). */
  readonly setsSeen: boolean
}

/** Plans a FETCH. UID FETCH always tells the UID (RFC 3501 §6.4.8), CHANGEDSINCE the MODSEQ (RFC 7162 §3.1.4.1). */
export function planFetch(
  items: readonly FetchItem[],
  byUid: boolean,
  { changedSince }: Pick<FetchModifiers, 'changedSince'> = {},
): FetchPlan {
  const asked = withoutRepeats(items.map(planItem))
  if (byUid && !tells(asked, 'UID')) asked.unshift({ kind: 'state', item: 'UID' })
  const planned = changedSince === undefined ? asked : withStates(asked, ['MODSEQ'])
  return {
    items: planned,
    tellsModSeq: tells(planned, 'MODSEQ'),
    facts: [...new Set(planned.flatMap(factsOf))],
    needsSaved: planned.some((item) => item.kind === 'saved'),
    needsThreads: planned.some((item) => item.kind === 'thread'),
    needsOctets: planned.some((item) => isOfOctets(item) && !isTopHeader(item.section)),
    setsSeen: items.some(setsSeen),
  }
}

/** The items of a FETCH that memory answers alone; undefined where there are others. */
export function statesOf({ items }: FetchPlan): readonly StateItem[] | undefined {
  const states = items.flatMap((item) => (item.kind === 'state' ? [item.item] : []))
  return states.length === items.length ? states : undefined
}

/** These items, and behind them those of `states` that are not among them. */
export function withStates(
  items: readonly PlannedItem[],
  states: readonly StateItem[],
): readonly PlannedItem[] {
  const missing = states.filter((item) => !tells(items, item))
  return [...items, ...missing.map((item) => ({ kind: 'state', item }) as const)]
}

function tells(items: readonly PlannedItem[], wanted: StateItem): boolean {
  return items.some((item) => item.kind === 'state' && item.item === wanted)
}

/** What is asked for twice is told once. */
function withoutRepeats(items: readonly PlannedItem[]): PlannedItem[] {
  const known = new Map(items.map((item) => [nameOf(item), item]))
  return [...known.values()]
}

function nameOf(item: PlannedItem): string {
  if (!isOfOctets(item)) return item.item
  return item.partial === undefined ? item.label : `${item.label}.${item.partial.count}`
}

function planItem(item: FetchItem): PlannedItem {
  switch (item.item) {
    case 'UID':
    case 'FLAGS':
    case 'INTERNALDATE':
    case 'RFC822.SIZE':
    case 'MODSEQ':
    case 'EMAILID':
      return { kind: 'state', item: item.item }
    case 'ENVELOPE':
    case 'BODY':
    case 'BODYSTRUCTURE':
    case 'PREVIEW':
      return { kind: 'facts', item: item.item }
    case 'SAVEDATE':
      return { kind: 'saved', item: item.item }
    case 'THREADID':
      return { kind: 'thread', item: item.item }
    case 'RFC822':
      return sectionOf('RFC822', { part: [] })
    case 'RFC822.HEADER':
      return sectionOf('RFC822.HEADER', { part: [], text: { kind: 'HEADER' } })
    case 'RFC822.TEXT':
      return sectionOf('RFC822.TEXT', { part: [], text: { kind: 'TEXT' } })
    case 'BINARY':
    case 'BINARY.SIZE':
      return binaryOf(item)
    case 'SECTION':
      return sectionOf(labelOf(item.section, item.partial), item.section, item.partial)
  }
}

function sectionOf(label: string, section: Section, partial?: Partial): PlannedItem {
  return { kind: 'section', label, section, partial }
}

function binaryOf({ item, part, partial }: BinaryItem): PlannedBinary {
  const section = { part }
  const origin = partial === undefined ? '' : `<${partial.offset}>`
  const label = `${item}${formatSection(section)}${origin}`
  return { kind: 'binary', label, isSize: item === 'BINARY.SIZE', section, partial }
}

function isOfOctets(
  item: PlannedItem,
): item is Extract<PlannedItem, { kind: 'section' | 'binary' }> {
  return item.kind === 'section' || item.kind === 'binary'
}

function labelOf(section: Section, partial: Partial | undefined): string {
  const origin = partial === undefined ? '' : `<${partial.offset}>`
  return `BODY${formatSection(section)}${origin}`
}

/** The whole message needs no facts: it begins at 0 and its size is known. */
function factsOf(item: PlannedItem): readonly FetchFact[] {
  if (item.kind === 'state' || item.kind === 'saved' || item.kind === 'thread') return []
  if (item.kind === 'facts') return [factOf[item.item]]
  const { part, text } = item.section
  if (part.length > 0) return ['prefix', 'headerSize', 'parts']
  if (text === undefined) return []
  return text.kind === 'TEXT' ? ['prefix', 'headerSize'] : ['prefix', 'headerSize', 'header']
}

const factOf = {
  ENVELOPE: 'envelope',
  BODY: 'body',
  BODYSTRUCTURE: 'bodyStructure',
  PREVIEW: 'preview',
} as const

/** Sections that the header kept beside the facts answers. */
export function isTopHeader(section: Section): boolean {
  const kind = section.text?.kind
  return section.part.length === 0 && kind !== undefined && kind !== 'TEXT'
}
