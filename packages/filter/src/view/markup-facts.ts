import { htmlText } from '@posthouse/message'
import type { MessageLink } from '../filter-message.ts'
import {
  MAX_LINKS,
  MAX_LINK_CHARACTERS,
  MAX_MARKUP_DEPTH,
  MAX_SHOWN_CHARACTERS,
} from '../limits.ts'
import { attributesOf, eachTag, type Tag } from './markup.ts'
import { isUnseen, type Look, lookOf, PAGE } from './look.ts'

/** What one pass over markup tells. */
export interface MarkupFacts {
  readonly links: readonly MessageLink[]
  /** Stretches that a reader does not see, outermost only. */
  readonly hidden: readonly { readonly start: number; readonly end: number }[]
  /** Characters of text in them. */
  readonly hiddenCharacters: number
  /** Images that are larger than a tracking dot. */
  readonly images: number
  /** Names of elements that have no business in mail: script, iframe, object, form … */
  readonly active: ReadonlySet<string>
  /** `data:` or `javascript:` stands in an address. */
  readonly schemes: ReadonlySet<string>
}

/** Walks markup once, following what hides text. Linear, capped; never throws. */
export function markupFacts(html: string): MarkupFacts {
  return new Walk(html).facts()
}

interface Open {
  readonly name: string
  readonly look: Look
  readonly start: number
}

class Walk {
  readonly #html: string
  readonly #open: Open[] = []
  readonly #links: MessageLink[] = []
  readonly #hidden: { start: number; end: number }[] = []
  readonly #active = new Set<string>()
  readonly #schemes = new Set<string>()
  /** A style sheet sets backgrounds by rules that are not followed here: then colours prove nothing. */
  readonly #trustsColours: boolean
  #hiddenCharacters = 0
  #images = 0
  #anchor: { href: string; end: number } | undefined
  #textFrom = 0

  constructor(html: string) {
    this.#html = html
    this.#trustsColours = !/background/i.test(styleSheet(html))
  }

  facts(): MarkupFacts {
    for (const tag of eachTag(this.#html)) {
      this.#text(tag.start)
      this.#textFrom = tag.end
      if (tag.isEnd) this.#close(tag)
      else this.#start(tag)
    }
    this.#text(this.#html.length)
    this.#endAnchor(this.#html.length)
    return {
      links: this.#links,
      hidden: this.#hidden,
      hiddenCharacters: this.#hiddenCharacters,
      images: this.#images,
      active: this.#active,
      schemes: this.#schemes,
    }
  }

  /** The text up to here, under the look of what is open. */
  #text(end: number): void {
    const look = this.#open.at(-1)?.look ?? PAGE
    if (end <= this.#textFrom || !isUnseen(look, this.#trustsColours)) return
    const text = this.#html.slice(this.#textFrom, end)
    const characters = text.replace(/&[a-z]+;|&#\d+;|\s/gi, '').length
    if (characters === 0) return
    this.#hiddenCharacters += characters
    this.#hidden.push({ start: this.#textFrom, end })
  }

  #start(tag: Tag): void {
    const { name } = tag
    const attributes = attributesOf(this.#html, tag)
    if (ACTIVE.has(name)) this.#active.add(name)
    this.#noteSchemes(attributes)
    if (name === 'a' || name === 'area') this.#beginAnchor(attributes.get('href') ?? '', tag.end)
    else if (name === 'form') this.#link(attributes.get('action') ?? '')
    else if (name === 'img' && !isDot(attributes)) this.#images += 1
    if (VOID.has(name) || this.#open.length >= MAX_MARKUP_DEPTH) return
    const last = this.#open.at(-1)?.name
    // The end tags of p and li may be left out (HTML §13.1.2.4).
    if ((last === 'p' && BLOCKS.has(name)) || (last === 'li' && name === 'li')) this.#open.pop()
    const above = this.#open.at(-1)?.look ?? PAGE
    this.#open.push({ name, look: lookOf(name, attributes, above), start: tag.start })
  }

  /** Closes the innermost element of that name and what was left open in it. */
  #close(tag: Tag): void {
    if (tag.name === 'a') this.#endAnchor(tag.start)
    const at = this.#open.findLastIndex(({ name }) => name === tag.name)
    if (at >= 0) this.#open.length = at
  }

  #beginAnchor(href: string, end: number): void {
    this.#endAnchor(end)
    this.#anchor = { href, end }
  }

  #endAnchor(end: number): void {
    if (this.#anchor === undefined) return
    const { href, end: start } = this.#anchor
    this.#anchor = undefined
    const inner = this.#html.slice(start, Math.min(end, start + MAX_SHOWN_CHARACTERS * 10))
    const shown = htmlText(inner).replace(/\s+/g, ' ').trim().slice(0, MAX_SHOWN_CHARACTERS)
    this.#link(href, shown)
  }

  #link(written: string, shown?: string): void {
    // Browsers take tabs and line ends out of an address before they read it (WHATWG URL §4.4).
    const href = written
      .replace(/[\t\r\n]/g, '')
      .trim()
      .slice(0, MAX_LINK_CHARACTERS)
    if (href === '' || href.startsWith('#') || this.#links.length >= MAX_LINKS) return
    this.#links.push(shown === undefined ? { href } : { href, shown })
  }

  #noteSchemes(attributes: ReadonlyMap<string, string>): void {
    for (const name of ADDRESSES) {
      const value = attributes.get(name)
      if (value === undefined) continue
      const scheme = SCHEME.exec(value.slice(0, 64).replace(/[\s\0-\x1f]/g, ''))?.[1]?.toLowerCase()
      // An image given as data is an image; a page given so is a page that no filter has seen.
      if (scheme !== undefined && !/^data:image\/(?!svg)/i.test(value.trim()))
        this.#schemes.add(scheme)
    }
  }
}

/** The first style sheet, or what will do for it. */
function styleSheet(html: string): string {
  const start = html.search(/<style/i)
  if (start < 0) return ''
  const end = html.indexOf('</', start)
  return html.slice(start, end < 0 ? html.length : end)
}

/** An image of one or two pixels counts readers, it shows nothing. */
function isDot(attributes: ReadonlyMap<string, string>): boolean {
  return DOT.test(attributes.get('width') ?? '') || DOT.test(attributes.get('height') ?? '')
}

const DOT = /^\s*[012](?:px)?\s*$/
const SCHEME = /^(data|javascript|vbscript|file):/i
const ADDRESSES = ['href', 'src', 'action', 'xlink:href'] as const
const ACTIVE: ReadonlySet<string> = new Set([
  'script',
  'iframe',
  'frame',
  'object',
  'embed',
  'applet',
  'form',
  'input',
])
const VOID: ReadonlySet<string> = new Set(
  'area base br col embed hr img input link meta source track wbr'.split(' '),
)
const BLOCKS: ReadonlySet<string> = new Set(
  'address blockquote center div dl fieldset form h1 h2 h3 h4 h5 h6 hr ol p pre section table ul'.split(
    ' ',
  ),
)
