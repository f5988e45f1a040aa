import { eachLeaf, htmlText, type MimePart, partText } from '@posthouse/message'
import type { MessageLink, MessageText } from '../filter-message.ts'
import { MAX_LINKS, MAX_TEXT_CHARACTERS, MAX_TEXT_PARTS, MAX_TEXT_PART_BYTES } from '../limits.ts'
import { linksInText } from './links-in-text.ts'
import { type MarkupFacts, markupFacts } from './markup-facts.ts'

/**
 * What a reader sees of a message: its text parts, those of messages inside it included, attachments excepted. What markup
 * hides is left out of `html`: it is written for filters. The same decoding as the search text's (`partText`, `htmlText`).
 */
export function messageText(octets: Buffer, root: MimePart): MessageText {
  const plain = new Pieces()
  const markup = new Pieces()
  let parts = 0
  for (const leaf of eachLeaf(root)) {
    if (leaf.type.toLowerCase() !== 'text' || isAttached(leaf)) continue
    if ((parts += 1) > MAX_TEXT_PARTS) break
    const target = leaf.subtype.toLowerCase() === 'html' ? markup : plain
    if (!target.isFull) target.add(partText(octets, leaf, MAX_TEXT_PART_BYTES))
  }
  return assembled(plain.text, markup.text)
}

/** The facts of a text's markup, computed once for all stages. */
export function factsOf(text: MessageText): MarkupFacts {
  const known = remembered.get(text)
  if (known !== undefined) return known
  const facts = markupFacts(text.markup)
  remembered.set(text, facts)
  return facts
}

function assembled(plain: string, markup: string): MessageText {
  const facts = markupFacts(markup)
  const html = htmlText(withoutHidden(markup, facts))
  const links: MessageLink[] = facts.links.slice(0, MAX_LINKS)
  const known = new Set(links.map(({ href }) => href))
  for (const href of [...linksInText(plain), ...linksInText(html)]) {
    if (links.length >= MAX_LINKS) break
    if (known.has(href)) continue
    known.add(href)
    links.push({ href })
  }
  const text = { plain, html, markup, links }
  remembered.set(text, facts)
  return text
}

function withoutHidden(markup: string, { hidden }: MarkupFacts): string {
  if (hidden.length === 0) return markup
  const pieces: string[] = []
  let at = 0
  for (const { start, end } of hidden) {
    pieces.push(markup.slice(at, start))
    at = end
  }
  pieces.push(markup.slice(at))
  return pieces.join(' ')
}

/** Texts one after another, up to a cap. */
class Pieces {
  readonly #pieces: string[] = []
  #length = 0

  get isFull(): boolean {
    return this.#length >= MAX_TEXT_CHARACTERS
  }

  get text(): string {
    return this.#pieces.join('\n')
  }

  add(text: string): void {
    const kept = text.slice(0, MAX_TEXT_CHARACTERS - this.#length)
    this.#pieces.push(kept)
    this.#length += kept.length
  }
}

function isAttached(leaf: MimePart): boolean {
  return leaf.disposition?.type.toLowerCase() === 'attachment'
}

const remembered = new WeakMap<MessageText, MarkupFacts>()
