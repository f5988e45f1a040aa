import type { Cursor } from './cursor.ts'
import { type Partial, partial, type Section, section } from './section.ts'
import { acceptSpace, list, opensList, word } from './words.ts'

/** `fetch-att` (RFC 3501 §9). `BODY` is the structure without extension data. */
export type FetchItem =
  | { readonly item: PlainItem }
  | BinaryItem
  | {
      readonly item: 'SECTION'
      /** `BODY.PEEK`: `\Seen` is left alone. */
      readonly isPeek: boolean
      readonly section: Section
      readonly partial?: Partial
    }

/** `BINARY[1]`, `BINARY.PEEK[1]`, `BINARY.SIZE[1]`: a part with its transfer encoding undone (RFC 3516 §4.2). */
export interface BinaryItem {
  readonly item: 'BINARY' | 'BINARY.SIZE'
  /** `BINARY.PEEK`, `BINARY.SIZE`: `\Seen` is left alone. */
  readonly isPeek: boolean
  readonly part: readonly number[]
  readonly partial?: Partial
}

/** The items without arguments: RFC 3501 §6.4.5, MODSEQ (RFC 7162), EMAILID and THREADID (RFC 8474), SAVEDATE (RFC 8514), PREVIEW (RFC 8970). */
export type PlainItem = (typeof plainItems)[number]

const plainItems = [
  'UID',
  'FLAGS',
  'INTERNALDATE',
  'RFC822.SIZE',
  'ENVELOPE',
  'BODY',
  'BODYSTRUCTURE',
  'RFC822',
  'RFC822.HEADER',
  'RFC822.TEXT',
  'MODSEQ',
  'EMAILID',
  'THREADID',
  'SAVEDATE',
  'PREVIEW',
] as const

/** What brings the items that RFC 3501 does not have. */
const extensions: ReadonlyMap<string, string> = new Map([
  ['MODSEQ', 'CONDSTORE'],
  ['EMAILID', 'OBJECTID'],
  ['THREADID', 'OBJECTID'],
  ['SAVEDATE', 'SAVEDATE'],
  ['PREVIEW', 'PREVIEW'],
])

const macros = new Map<string, readonly PlainItem[]>([
  ['FAST', ['FLAGS', 'INTERNALDATE', 'RFC822.SIZE']],
  ['ALL', ['FLAGS', 'INTERNALDATE', 'RFC822.SIZE', 'ENVELOPE']],
  ['FULL', ['FLAGS', 'INTERNALDATE', 'RFC822.SIZE', 'ENVELOPE', 'BODY']],
])

const openBracket = 0x5b

/**
 * FETCH's items: a macro, one item, or a list of items (RFC 3501 §6.4.5). Macros are replaced by
 * what they stand for; they may not stand in a list.
 */
export function fetchItems(c: Cursor): FetchItem[] {
  if (opensList(c)) return list(c, fetchItem)
  const start = c.mark()
  const macro = macros.get(word(c))
  if (macro !== undefined && c.peek() !== openBracket) return macro.map((item) => ({ item }))
  c.reset(start)
  return [fetchItem(c)]
}

function fetchItem(c: Cursor): FetchItem {
  const name = word(c)
  if (c.peek() === openBracket) return sectionItem(c, name)
  if (name === 'PREVIEW') previewModifiers(c)
  const extension = extensions.get(name)
  if (extension !== undefined) c.needs(extension)
  for (const item of plainItems) if (item === name) return { item }
  return c.fail('no such FETCH item')
}

/**
 * `[SP "(" "LAZY" ")"]` (RFC 8970 §5). Previews are made at delivery, so being lazy changes nothing. Another
 * parenthesis belongs to FETCH.
 */
function previewModifiers(c: Cursor): void {
  const start = c.mark()
  if (acceptSpace(c) && c.accept(0x28) && word(c) === 'LAZY') c.expect(0x29, '")"')
  else c.reset(start)
}

function sectionItem(c: Cursor, name: string): FetchItem {
  if (name.startsWith('BINARY')) return binaryItem(c, name)
  if (name !== 'BODY' && name !== 'BODY.PEEK') c.fail('no such FETCH item')
  const isPeek = name === 'BODY.PEEK'
  const wanted = section(c)
  const range = partial(c)
  const item = { item: 'SECTION', isPeek, section: wanted } as const
  return range === undefined ? item : { ...item, partial: range }
}

function binaryItem(c: Cursor, name: string): BinaryItem {
  if (name !== 'BINARY' && name !== 'BINARY.PEEK' && name !== 'BINARY.SIZE') {
    c.fail('no such FETCH item')
  }
  c.needs('BINARY')
  const { part, text } = section(c)
  if (text !== undefined) c.fail('BINARY takes a part number and nothing else')
  if (name === 'BINARY.SIZE') return { item: name, isPeek: true, part }
  const range = partial(c)
  const item = { item: 'BINARY', isPeek: name !== 'BINARY', part } as const
  return range === undefined ? item : { ...item, partial: range }
}

/** Does fetching this item set `\Seen` (RFC 3501 §6.4.5)? */
export function setsSeen(item: FetchItem): boolean {
  if ('isPeek' in item) return !item.isPeek
  return item.item === 'RFC822' || item.item === 'RFC822.TEXT'
}
