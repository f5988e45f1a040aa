import type { Cursor } from './cursor.ts'
import { modSequence } from './numbers.ts'
import { type ResultRange, resultRange } from './result-range.ts'
import { acceptSpace, list, opensList, space, word } from './words.ts'

/** What narrows a FETCH (RFC 4466 §2.4). */
export interface FetchModifiers {
  /** Only messages changed after this (RFC 7162 §3.1.4.1). */
  readonly changedSince?: number
  /** Tell what was expunged since, too (RFC 7162 §3.2.6). */
  readonly vanished: boolean
  /** Only this page of the messages (RFC 9394 §3.3). */
  readonly partial?: ResultRange
}

type FetchModifier =
  | { readonly name: 'CHANGEDSINCE'; readonly modSeq: number }
  | { readonly name: 'VANISHED' }
  | { readonly name: 'PARTIAL'; readonly range: ResultRange }

/** `[SP "(" fetch-modifier *(SP fetch-modifier) ")"]` at the end of FETCH and UID FETCH. */
export function fetchModifiers(c: Cursor, byUid: boolean): FetchModifiers {
  const start = c.mark()
  if (!acceptSpace(c) || !opensList(c)) {
    c.reset(start)
    return { vanished: false }
  }
  const modifiers = list(c, fetchModifier)
  const names = new Set(modifiers.map(({ name }) => name))
  if (names.size < modifiers.length) c.fail('a modifier was given twice')
  // RFC 7162 §3.2.6. PARTIAL's grammar is not narrowed to UID FETCH (RFC 9394 §4), and James takes both.
  if (!byUid && names.has('VANISHED')) c.fail('this modifier belongs to UID FETCH')
  if (names.has('VANISHED') && !names.has('CHANGEDSINCE')) c.fail('VANISHED needs CHANGEDSINCE')
  const changed = modifiers.find((modifier) => modifier.name === 'CHANGEDSINCE')
  const page = modifiers.find((modifier) => modifier.name === 'PARTIAL')
  return {
    vanished: names.has('VANISHED'),
    ...(changed === undefined ? {} : { changedSince: changed.modSeq }),
    ...(page === undefined ? {} : { partial: page.range }),
  }
}

const extensionOf = {
  CHANGEDSINCE: 'CONDSTORE',
  VANISHED: 'QRESYNC',
  PARTIAL: 'PARTIAL',
} as const

function fetchModifier(c: Cursor): FetchModifier {
  const name = word(c)
  if (name !== 'CHANGEDSINCE' && name !== 'PARTIAL' && name !== 'VANISHED')
    return c.fail('no such FETCH modifier')
  c.needs(extensionOf[name])
  if (name === 'VANISHED') return { name }
  space(c)
  if (name === 'PARTIAL') return { name, range: resultRange(c) }
  return { name, modSeq: modSequence(c) }
}

/** What holds a STORE back (RFC 4466 §2.5). */
export interface StoreModifiers {
  /** Leave messages alone that were changed after this (RFC 7162 §3.1.3). */
  readonly unchangedSince?: number
}

/** `["(" store-modifier ")" SP]` between STORE's messages and its flags. */
export function storeModifiers(c: Cursor): StoreModifiers {
  if (!opensList(c)) return {}
  const values = list(c, unchangedSince)
  // RFC 7162 §7: only one may be given.
  if (values.length > 1) c.fail('UNCHANGEDSINCE was given twice')
  space(c)
  const [value] = values
  return value === undefined ? {} : { unchangedSince: value }
}

function unchangedSince(c: Cursor): number {
  if (word(c) !== 'UNCHANGEDSINCE') c.fail('no such STORE modifier')
  c.needs('CONDSTORE')
  space(c)
  return modSequence(c)
}
