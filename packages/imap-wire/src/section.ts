import type { Cursor } from './cursor.ts'
import { formatAstring } from './format-strings.ts'
import { nzNumber, number } from './numbers.ts'
import { astring } from './strings.ts'
import { list, space, word } from './words.ts'

/** What of a part is meant; absent text means the part's (or message's) whole content. */
export type SectionText =
  | { readonly kind: 'HEADER' | 'TEXT' | 'MIME' }
  | {
      readonly kind: 'HEADER.FIELDS' | 'HEADER.FIELDS.NOT'
      /** Field names as the client spelt them. */
      readonly fields: readonly string[]
    }

/** `section` (RFC 3501 §9): an empty part means the message itself. */
export interface Section {
  readonly part: readonly number[]
  readonly text?: SectionText
}

/** `"<" number "." nz-number ">"`: octets of the section from `offset`, at most `count`. */
export interface Partial {
  readonly offset: number
  readonly count: number
}

/** Deeper part numbers are refused: the MIME index ends at depth 100. */
const maxPartDepth = 200
const openBracket = 0x5b
const closeBracket = 0x5d
const dot = 0x2e

/** `section = "[" [section-spec] "]"` (RFC 3501 §9). */
export function section(c: Cursor): Section {
  c.expect(openBracket, '"["')
  const part: number[] = []
  let expectsText = !isDigit(c.peek())
  while (!expectsText) {
    if (part.length >= maxPartDepth) c.fail('the part number is too deep')
    part.push(nzNumber(c))
    if (!c.accept(dot)) break
    expectsText = !isDigit(c.peek())
  }
  if (!expectsText || (part.length === 0 && c.peek() === closeBracket)) {
    c.expect(closeBracket, '"]"')
    return { part }
  }
  const text = sectionText(c, part.length > 0)
  c.expect(closeBracket, '"]"')
  return { part, text }
}

/** `section-msgtext`, and `MIME` where a part number came before (`section-text`). */
function sectionText(c: Cursor, hasPart: boolean): SectionText {
  const name = word(c)
  switch (name) {
    case 'HEADER':
    case 'TEXT':
      return { kind: name }
    case 'MIME':
      if (hasPart) return { kind: name }
      return c.fail('MIME needs a part number')
    case 'HEADER.FIELDS':
    case 'HEADER.FIELDS.NOT':
      space(c)
      return { kind: name, fields: list(c, (inner) => astring(inner).toString('latin1')) }
    default:
      return c.fail('no such section')
  }
}

/** The partial after a section, if one comes. */
export function partial(c: Cursor): Partial | undefined {
  if (!c.accept(0x3c)) return undefined
  const offset = number(c)
  c.expect(dot, '"."')
  const count = nzNumber(c)
  c.expect(0x3e, '">"')
  return { offset, count }
}

/** `[1.2.HEADER.FIELDS (Date From)]`, as FETCH's answer repeats it. */
export function formatSection(value: Section): string {
  const words = value.part.map(String)
  if (value.text !== undefined) words.push(formatText(value.text))
  return `[${words.join('.')}]`
}

function formatText(text: SectionText): string {
  if (!('fields' in text)) return text.kind
  const names = text.fields.map((name) => formatAstring(Buffer.from(name, 'latin1')))
  return `${text.kind} (${names.map((name) => name.toString('latin1')).join(' ')})`
}

function isDigit(octet: number): boolean {
  return octet >= 0x30 && octet <= 0x39
}
