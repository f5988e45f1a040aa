import type { Cursor } from './cursor.ts'
import { type ResultRange, resultRange } from './result-range.ts'
import { optionalList, space, word } from './words.ts'

/** What an extended SEARCH or SORT is to answer (RFC 4731 §3.1, RFC 5182 §2, RFC 9394 §3.1). */
export interface SearchReturn {
  readonly min: boolean
  readonly max: boolean
  readonly all: boolean
  readonly count: boolean
  /** Keep the result for `$`. */
  readonly save: boolean
  readonly partial?: ResultRange
}

/** `"RETURN" SP "(" [search-return-opt …] ")" SP`, where it comes next (RFC 4466 §2.6); SORT's is ESORT's (RFC 5267 §3). */
export function searchReturn(
  c: Cursor,
  extension: 'ESEARCH' | 'ESORT' = 'ESEARCH',
): SearchReturn | undefined {
  const start = c.mark()
  if (word(c) !== 'RETURN') {
    c.reset(start)
    return undefined
  }
  c.needs(extension)
  space(c)
  const options = optionalList(c, option)
  space(c)
  const named = new Set(options.map(({ name }) => name))
  const pages = options.filter(({ name }) => name === 'PARTIAL')
  // RFC 9394 §3.1: not more than one PARTIAL or ALL.
  if (pages.length > 1 || (pages.length === 1 && named.has('ALL'))) {
    c.fail('one PARTIAL or ALL is enough')
  }
  const partial = pages[0]?.range
  return {
    min: named.has('MIN'),
    max: named.has('MAX'),
    // RFC 4731 §3.1: an empty list means ALL.
    all: named.has('ALL') || options.length === 0,
    count: named.has('COUNT'),
    save: named.has('SAVE'),
    ...(partial === undefined ? {} : { partial }),
  }
}

interface Option {
  readonly name: string
  readonly range?: ResultRange
}

const plainOptions: ReadonlySet<string> = new Set(['MIN', 'MAX', 'ALL', 'COUNT', 'SAVE'])

function option(c: Cursor): Option {
  const name = word(c)
  if (name === 'SAVE') c.needs('SEARCHRES')
  if (plainOptions.has(name)) return { name }
  if (name !== 'PARTIAL') return c.fail('no such result option')
  c.needs(name)
  space(c)
  return { name, range: resultRange(c) }
}
