import { headerFields, type MimePart } from '@posthouse/message'
import type { FilterMessage, MessageText } from '../filter-message.ts'
import { MAX_LEAVES } from '../limits.ts'
import type { MarkupFacts } from '../view/markup-facts.ts'
import { factsOf } from '../view/message-text.ts'

/** A message's structure as the rules look at it, walked once. */
export interface MimeView {
  readonly message: FilterMessage
  /** Containers and leaves, depth first, at most {@link MAX_LEAVES}. */
  readonly parts: readonly MimePart[]
  /** Leaves of type text that are no attachments. */
  readonly texts: readonly MimePart[]
  readonly depth: number
  /** Parts in all, the ones that are not looked at included. */
  readonly count: number
  readonly text: MessageText
  readonly markup: MarkupFacts
  /** Characters a reader sees of the HTML, white space left out. */
  readonly visible: number
}

/** Walks the structure, once for all stages. */
export function mimeView(message: FilterMessage): MimeView {
  const known = views.get(message)
  if (known !== undefined) return known
  const view = walked(message)
  views.set(message, view)
  return view
}

function walked(message: FilterMessage): MimeView {
  const parts: MimePart[] = []
  let count = 0
  let deepest = 0
  const open: { part: MimePart; depth: number }[] = [{ part: message.root, depth: 1 }]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { part, depth } = next
    count += 1
    deepest = Math.max(deepest, depth)
    if (parts.length < MAX_LEAVES) parts.push(part)
    if (part.message !== undefined) open.push({ part: part.message, depth: depth + 1 })
    for (const child of part.children.toReversed()) open.push({ part: child, depth: depth + 1 })
  }
  const { text } = message
  return {
    message,
    parts,
    texts: parts.filter(isShownText),
    depth: deepest,
    count,
    text,
    markup: factsOf(text),
    visible: text.html.replace(/\s+/g, '').length,
  }
}

/** Names of the fields of a part's header, lower case; a long header's first ones. */
export function fieldNames({ octets }: FilterMessage, part: MimePart): readonly string[] {
  const { start, end } = part.header
  const span = { start, end: Math.min(end, start + MAX_PART_HEADER) }
  return headerFields(octets, span).map(({ name }) => name.toLowerCase())
}

function isShownText(part: MimePart): boolean {
  const isText = part.type.toLowerCase() === 'text' && part.children.length === 0
  return isText && part.disposition?.type.toLowerCase() !== 'attachment'
}

const MAX_PART_HEADER = 64 * 1024
const views = new WeakMap<FilterMessage, MimeView>()
