/**
 * The text of HTML as a reader sees it: tags, comments, style and script go, entities are resolved, and what begins a block
 * begins a line. Tags inside of words (`<b>W</b>ord`) leave nothing behind. Never throws; linear.
 */
export function htmlText(html: string): string {
  const pieces: string[] = []
  let at = 0
  while (at < html.length) {
    const tag = html.indexOf('<', at)
    pieces.push(html.slice(at, tag < 0 ? html.length : tag))
    if (tag < 0) break
    if (TAG_START.test(html.charAt(tag + 1))) {
      at = afterTag(html, tag)
      if (!isInline(html, tag)) pieces.push('\n')
    } else {
      pieces.push('<')
      at = tag + 1
    }
  }
  return decodeEntities(pieces.join(''))
}

/** Text or an attribute's value with the entities of HTML resolved; what is none stays as it is. */
export function decodeEntities(text: string): string {
  return text.includes('&') ? text.replace(ENTITY, entity) : text
}

function afterTag(html: string, tag: number): number {
  if (html.startsWith('<!--', tag)) return after(html, '-->', tag + 4)
  const name = nameAt(html, tag + 1)
  if (name !== 'style' && name !== 'script') return endOfTag(html, tag + 1)
  const close = name === 'style' ? /<\/style/gi : /<\/script/gi
  close.lastIndex = tag
  const found = close.exec(html)
  return found === null ? html.length : after(html, '>', found.index)
}

/**
 * Where a tag is over that begins before `from`: behind the `>` that stands in no quotes, as browsers find it. Quotes open
 * after a `=` only; one that never closes opens nothing, so that a slip of the writer hides no text.
 */
export function endOfTag(html: string, from: number): number {
  let mayQuote = false
  for (let at = from; at < html.length; at += 1) {
    const code = html.charCodeAt(at)
    if (code === MORE) return at + 1
    if (code === EQUALS) mayQuote = true
    else if (mayQuote && (code === QUOTE || code === APOSTROPHE)) {
      const close = html.indexOf(code === QUOTE ? '"' : "'", at + 1)
      if (close >= 0) at = close
      mayQuote = false
    } else if (code > SPACE) mayQuote = false
  }
  return html.length
}

function after(html: string, end: string, from: number): number {
  const found = html.indexOf(end, from)
  return found < 0 ? html.length : found + end.length
}

function isInline(html: string, tag: number): boolean {
  return INLINE.has(nameAt(html, html.charAt(tag + 1) === '/' ? tag + 2 : tag + 1))
}

function nameAt(html: string, from: number): string {
  let end = from
  while (end < from + MAX_NAME && isNameCharacter(html.charCodeAt(end))) end += 1
  return html.slice(from, end).toLowerCase()
}

/** An ASCII letter or digit. */
function isNameCharacter(code: number): boolean {
  const lower = code | 32
  return (lower >= 97 && lower <= 122) || (code >= 48 && code <= 57)
}

function entity(whole: string, decimal?: string, hex?: string, name?: string): string {
  if (name !== undefined) return ENTITIES.get(name) ?? ENTITIES.get(name.toLowerCase()) ?? whole
  const code = decimal === undefined ? parseInt(hex ?? '', 16) : Number(decimal)
  return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : ' '
}

const SPACE = 32
const QUOTE = 34
const APOSTROPHE = 39
const EQUALS = 61
const MORE = 62
const TAG_START = /[a-z/!?]/i
const MAX_NAME = 10
const ENTITY = /&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|([a-z][a-z0-9]{1,7}));/gi
const INLINE: ReadonlySet<string> = new Set(
  'a abbr acronym b big cite code del dfn em font i ins kbd mark q s samp small span strike strong sub sup tt u var wbr'.split(
    ' ',
  ),
)
/** Names of U+00A0 to U+00FF, in their order. */
const LATIN_1 =
  'nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr deg plusmn sup2 sup3 acute micro para middot cedil sup1 ordm raquo frac14 frac12 frac34 iquest Agrave Aacute Acirc Atilde Auml Aring AElig Ccedil Egrave Eacute Ecirc Euml Igrave Iacute Icirc Iuml ETH Ntilde Ograve Oacute Ocirc Otilde Ouml times Oslash Ugrave Uacute Ucirc Uuml Yacute THORN szlig agrave aacute acirc atilde auml aring aelig ccedil egrave eacute ecirc euml igrave iacute icirc iuml eth ntilde ograve oacute ocirc otilde ouml divide oslash ugrave uacute ucirc uuml yacute thorn yuml'
const ENTITIES: ReadonlyMap<string, string> = new Map([
  ...LATIN_1.split(' ').map((name, i) => [name, String.fromCodePoint(0xa0 + i)] as const),
  ['nbsp', ' '],
  ['shy', ''],
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
  ['ndash', '–'],
  ['mdash', '—'],
  ['hellip', '…'],
  ['lsquo', '‘'],
  ['rsquo', '’'],
  ['sbquo', '‚'],
  ['ldquo', '“'],
  ['rdquo', '”'],
  ['bdquo', '„'],
  ['bull', '•'],
  ['euro', '€'],
  ['trade', '™'],
  ['oelig', 'œ'],
  ['OElig', 'Œ'],
  ['scaron', 'š'],
  ['Scaron', 'Š'],
  ['zwnj', '\u200c'],
  ['zwj', '\u200d'],
])
