import { decodeEntities, endOfTag } from '@posthouse/message'

/** A tag of HTML, as browsers find it: quotes hide a `>`. */
export interface Tag {
  /** Lower case. */
  readonly name: string
  readonly isEnd: boolean
  /** Where the tag starts, and where it is over. */
  readonly start: number
  readonly end: number
}

/**
 * The tags of HTML one by one; comments, and what stands in style and script, are passed over. Never throws; linear: nothing is
 * looked at twice.
 */
export function* eachTag(html: string): Generator<Tag> {
  let at = html.indexOf('<')
  while (at >= 0) {
    const isEnd = html.charCodeAt(at + 1) === SLASH
    const nameStart = isEnd ? at + 2 : at + 1
    if (html.startsWith('!--', at + 1)) {
      at = next(html, after(html, '-->', at + 4))
      continue
    }
    if (!isLetter(html.charCodeAt(nameStart))) {
      at = next(html, at + 1)
      continue
    }
    const nameEnd = endOfName(html, nameStart)
    const name = html.slice(nameStart, nameEnd).toLowerCase()
    const end = endOfTag(html, nameEnd)
    yield { name, isEnd, start: at, end }
    at = next(html, !isEnd && RAW.has(name) ? endOfRaw(html, name, end) : end)
  }
}

/**
 * The attributes of a tag, if one is among them that shows, hides or leads somewhere; names in lower case, entities resolved. The
 * first of each name counts, as in browsers.
 */
export function attributesOf(html: string, tag: Tag): ReadonlyMap<string, string> {
  if (tag.end - tag.start <= tag.name.length + 2) return NONE
  const text = html.slice(tag.start, Math.min(tag.end, tag.start + MAX_TAG))
  // Most tags of a page say nothing but widths and classes.
  if (!TELLING.test(text)) return NONE
  const found = new Map<string, string>()
  ATTRIBUTE.lastIndex = tag.name.length + 1
  for (let i = 0; i < MAX_ATTRIBUTES; i += 1) {
    const match = ATTRIBUTE.exec(text)
    if (match === null) break
    const [, name = '', double, single, bare] = match
    const key = name.toLowerCase()
    if (!found.has(key)) found.set(key, decodeEntities(double ?? single ?? bare ?? ''))
  }
  return found
}

function next(html: string, from: number): number {
  return html.indexOf('<', from)
}

function after(html: string, end: string, from: number): number {
  const found = html.indexOf(end, from)
  return found < 0 ? html.length : found + end.length
}

function endOfName(html: string, from: number): number {
  let at = from
  while (at < html.length && at - from < MAX_NAME && isName(html.charCodeAt(at))) at += 1
  return at
}

function endOfRaw(html: string, name: string, from: number): number {
  const close = name === 'style' ? STYLE_END : SCRIPT_END
  close.lastIndex = from
  return close.exec(html)?.index ?? html.length
}

function isLetter(code: number): boolean {
  const lower = code | 32
  return lower >= 97 && lower <= 122
}

function isName(code: number): boolean {
  return isLetter(code) || (code >= 48 && code <= 58) || code === 45
}

const SLASH = 47
const MAX_NAME = 32
const TELLING = /style|color|href|src|action|hidden|background|text/i
const NONE: ReadonlyMap<string, string> = new Map()
const MAX_TAG = 8_192
const MAX_ATTRIBUTES = 64
const RAW: ReadonlySet<string> = new Set(['style', 'script'])
const STYLE_END = /<\/style/gi
const SCRIPT_END = /<\/script/gi
const ATTRIBUTE = /([^\s"'<>/=]{1,64})(?:\s{0,20}=\s{0,20}(?:"([^"]*)"|'([^']*)'|([^\s"'>]+)))?/g
