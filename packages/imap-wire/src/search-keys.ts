import type { Cursor } from './cursor.ts'
import { date } from './dates.ts'
import { keyword } from './flags.ts'
import { modSequence, number, nzNumber } from './numbers.ts'
import { type SequenceSet, sequenceSet, startsSequenceSet } from './sequence-set.ts'
import { astring, quoted, textAstring } from './strings.ts'
import { acceptSpace, atom, skipSpaces, space, word } from './words.ts'

/**
 * A search program (RFC 3501 §6.4.4) as a tree. What can be said by other keys is: UNSEEN is a flag
 * that is not there, NEW is RECENT and UNSEEN, OLD is NOT RECENT.
 */
export type SearchKey =
  | { readonly key: 'ALL' }
  | { readonly key: 'RECENT' }
  | { readonly key: 'FLAG'; readonly flag: string; readonly isSet: boolean }
  | { readonly key: 'TEXT'; readonly field: SearchField; readonly value: string }
  | { readonly key: 'HEADER'; readonly name: string; readonly value: string }
  | {
      readonly key: 'DATE'
      /** INTERNALDATE, the Date field of the header, or when it came into the mailbox (RFC 8514 §4.3). */
      readonly which: 'internal' | 'sent' | 'saved'
      readonly relation: 'BEFORE' | 'ON' | 'SINCE'
      /** Midnight UTC of the day; time and zone are disregarded (RFC 3501 §6.4.4). */
      readonly date: Date
    }
  | { readonly key: 'SIZE'; readonly relation: 'LARGER' | 'SMALLER'; readonly octets: number }
  /** INTERNALDATE is at least (OLDER) or at most (YOUNGER) so many seconds ago (RFC 5032 §3). */
  | { readonly key: 'WITHIN'; readonly relation: 'OLDER' | 'YOUNGER'; readonly seconds: number }
  /** Changed at this mod-sequence or after it (RFC 7162 §3.1.5). */
  | { readonly key: 'MODSEQ'; readonly modSeq: number }
  /** RFC 8474 §6. */
  | { readonly key: 'EMAILID' | 'THREADID'; readonly id: string }
  | { readonly key: 'SEQUENCE'; readonly set: SequenceSet }
  | { readonly key: 'UID'; readonly set: SequenceSet }
  | { readonly key: 'NOT'; readonly operand: SearchKey }
  | { readonly key: 'OR'; readonly left: SearchKey; readonly right: SearchKey }
  | { readonly key: 'AND'; readonly operands: readonly SearchKey[] }

/** Where a text key looks: one address or subject field, the body, or everything. */
export type SearchField = 'BCC' | 'CC' | 'FROM' | 'SUBJECT' | 'TO' | 'BODY' | 'TEXT'

/** Deepest nesting of NOT, OR and parentheses. */
export const maxSearchDepth = 256

/** The character sets that SEARCH understands, for `[BADCHARSET (…)]`. */
export const searchCharsets = ['US-ASCII', 'UTF-8'] as const

/**
 * `["CHARSET" SP astring SP] search-key *(SP search-key)` (RFC 3501 §9): several keys are an AND.
 *
 * QUIRK: text without CHARSET, or under US-ASCII, may be UTF-8; clients send it unannounced.
 */
export function searchProgram(c: Cursor): SearchKey {
  const start = c.mark()
  if (word(c) === 'CHARSET') {
    // RFC 6855 §3: with UTF8=ACCEPT everything is UTF-8.
    if (c.isUtf8) c.fail('CHARSET has no place once UTF8=ACCEPT is enabled')
    space(c)
    return searchCriteria(c)
  }
  c.reset(start)
  return keys(c, 0)
}

/** `search-criteria = charset 1*(SP search-key)`: SORT's and THREAD's, which must name one (RFC 5256 §5). */
export function searchCriteria(c: Cursor): SearchKey {
  charset(c)
  space(c)
  return keys(c, 0)
}

function charset(c: Cursor): void {
  const name = astring(c).toString('latin1').toUpperCase()
  if (!searchCharsets.some((known) => known === name)) {
    c.fail('the character set is not supported', 'BADCHARSET')
  }
}

function keys(c: Cursor, depth: number): SearchKey {
  const first = searchKey(c, depth)
  if (!acceptSpace(c)) return first
  const operands = [first]
  // Spaces at the end of the command or of the parenthesis are forgiven.
  while (!c.isAtEnd() && c.peek() !== 0x29) {
    operands.push(searchKey(c, depth))
    if (!acceptSpace(c)) break
  }
  return operands.length === 1 ? first : { key: 'AND', operands }
}

function searchKey(c: Cursor, depth: number): SearchKey {
  if (depth > maxSearchDepth) c.fail('the search is nested too deeply', 'LIMIT')
  if (startsSequenceSet(c)) return { key: 'SEQUENCE', set: sequenceSet(c) }
  if (c.accept(0x28)) {
    skipSpaces(c)
    const inner = keys(c, depth + 1)
    c.expect(0x29, '")"')
    return inner
  }
  const name = word(c)
  const parse = keyParsers.get(name)
  if (parse === undefined) c.fail('no such search key')
  const extension = extensions.get(name)
  if (extension !== undefined) c.needs(extension)
  return parse(c, depth)
}

type KeyParser = (c: Cursor, depth: number) => SearchKey

const constant =
  (key: SearchKey): KeyParser =>
  () =>
    key

const isFlag = (flag: string, isSet = true): SearchKey => ({ key: 'FLAG', flag, isSet })

const spaced =
  (parse: KeyParser): KeyParser =>
  (c, depth) => {
    space(c)
    return parse(c, depth)
  }

const text = (field: SearchField): KeyParser =>
  spaced((c) => ({ key: 'TEXT', field, value: textAstring(c) }))

const day = (
  which: 'internal' | 'sent' | 'saved',
  relation: 'BEFORE' | 'ON' | 'SINCE',
): KeyParser => spaced((c) => ({ key: 'DATE', which, relation, date: date(c) }))

const size = (relation: 'LARGER' | 'SMALLER'): KeyParser =>
  spaced((c) => ({ key: 'SIZE', relation, octets: number(c) }))

const within = (relation: 'OLDER' | 'YOUNGER'): KeyParser =>
  spaced((c) => ({ key: 'WITHIN', relation, seconds: nzNumber(c) }))

const recent: SearchKey = { key: 'RECENT' }

const keyParsers = new Map<string, KeyParser>([
  ['ALL', constant({ key: 'ALL' })],
  ['ANSWERED', constant(isFlag('\\Answered'))],
  ['DELETED', constant(isFlag('\\Deleted'))],
  ['DRAFT', constant(isFlag('\\Draft'))],
  ['FLAGGED', constant(isFlag('\\Flagged'))],
  ['SEEN', constant(isFlag('\\Seen'))],
  ['UNANSWERED', constant(isFlag('\\Answered', false))],
  ['UNDELETED', constant(isFlag('\\Deleted', false))],
  ['UNDRAFT', constant(isFlag('\\Draft', false))],
  ['UNFLAGGED', constant(isFlag('\\Flagged', false))],
  ['UNSEEN', constant(isFlag('\\Seen', false))],
  ['RECENT', constant(recent)],
  ['NEW', constant({ key: 'AND', operands: [recent, isFlag('\\Seen', false)] })],
  ['OLD', constant({ key: 'NOT', operand: recent })],
  ['KEYWORD', spaced((c) => isFlag(keyword(c)))],
  ['UNKEYWORD', spaced((c) => isFlag(keyword(c), false))],
  ['BCC', text('BCC')],
  ['CC', text('CC')],
  ['FROM', text('FROM')],
  ['SUBJECT', text('SUBJECT')],
  ['TO', text('TO')],
  ['BODY', text('BODY')],
  ['TEXT', text('TEXT')],
  ['HEADER', spaced(header)],
  ['BEFORE', day('internal', 'BEFORE')],
  ['ON', day('internal', 'ON')],
  ['SINCE', day('internal', 'SINCE')],
  ['SENTBEFORE', day('sent', 'BEFORE')],
  ['SENTON', day('sent', 'ON')],
  ['SENTSINCE', day('sent', 'SINCE')],
  ['SAVEDBEFORE', day('saved', 'BEFORE')],
  ['SAVEDON', day('saved', 'ON')],
  ['SAVEDSINCE', day('saved', 'SINCE')],
  // Every mailbox keeps these dates.
  ['SAVEDATESUPPORTED', constant({ key: 'ALL' })],
  ['EMAILID', spaced((c) => ({ key: 'EMAILID', id: objectId(c) }))],
  ['THREADID', spaced((c) => ({ key: 'THREADID', id: objectId(c) }))],
  ['LARGER', size('LARGER')],
  ['SMALLER', size('SMALLER')],
  ['OLDER', within('OLDER')],
  ['YOUNGER', within('YOUNGER')],
  ['MODSEQ', spaced(modSeq)],
  ['UID', spaced((c) => ({ key: 'UID', set: sequenceSet(c) }))],
  ['NOT', spaced((c, depth) => ({ key: 'NOT', operand: searchKey(c, depth + 1) }))],
  ['OR', spaced(either)],
])

/** The names of all keys, in capitals: for who must tell a program from plain words. */
export const searchKeyNames: ReadonlySet<string> = new Set(keyParsers.keys())

/** What brings the keys that RFC 3501 does not have. */
const extensions: ReadonlyMap<string, string> = new Map([
  ['SAVEDBEFORE', 'SAVEDATE'],
  ['SAVEDON', 'SAVEDATE'],
  ['SAVEDSINCE', 'SAVEDATE'],
  ['SAVEDATESUPPORTED', 'SAVEDATE'],
  ['EMAILID', 'OBJECTID'],
  ['THREADID', 'OBJECTID'],
  ['OLDER', 'WITHIN'],
  ['YOUNGER', 'WITHIN'],
  ['MODSEQ', 'CONDSTORE'],
])

/** `objectid = 1*255(ALPHA / DIGIT / "_" / "-")` (RFC 8474 §7). */
function objectId(c: Cursor): string {
  const id = atom(c)
  if (!/^[A-Za-z0-9_-]{1,255}$/.test(id)) c.fail('no such object identifier')
  return id
}

function header(c: Cursor): SearchKey {
  const name = astring(c).toString('latin1')
  space(c)
  return { key: 'HEADER', name, value: textAstring(c) }
}

function either(c: Cursor, depth: number): SearchKey {
  const left = searchKey(c, depth + 1)
  space(c)
  return { key: 'OR', left, right: searchKey(c, depth + 1) }
}

/**
 * `"MODSEQ" [SP entry-name SP entry-type-req] SP mod-sequence-valzer` (RFC 7162 §7). Who keeps one
 * mod-sequence per message must disregard the entry (§3.1.5), so it is read and dropped.
 */
function modSeq(c: Cursor): SearchKey {
  if (c.peek() === 0x22) {
    if (!/^\/flags\/\\?[^\s()]+$/i.test(quoted(c).toString('latin1')))
      c.fail('no such metadata entry')
    space(c)
    if (!entryTypes.has(word(c))) c.fail('expected "priv", "shared" or "all"')
    space(c)
  }
  return { key: 'MODSEQ', modSeq: modSequence(c) }
}

const entryTypes: ReadonlySet<string> = new Set(['PRIV', 'SHARED', 'ALL'])

/** Whether a program asks for mod-sequences: then the answer tells the highest (RFC 7162 §3.1.6). */
export function asksForModSeq(key: SearchKey): boolean {
  switch (key.key) {
    case 'MODSEQ':
      return true
    case 'NOT':
      return asksForModSeq(key.operand)
    case 'OR':
      return asksForModSeq(key.left) || asksForModSeq(key.right)
    case 'AND':
      return key.operands.some(asksForModSeq)
    default:
      return false
  }
}
