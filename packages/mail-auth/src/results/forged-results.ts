import { decodeWords } from '@posthouse/message'
import { domainName } from '../domain-name.ts'
import { findBody, lowerAscii } from '../message-view.ts'
import { tokens } from './results-reader.ts'

/** How far into a field an authserv-id is looked for; nobody would read further for it. */
const maxRead = 4096

/**
 * Takes out every Authentication-Results field that bears our name (RFC 8601 §5), by the letter or as a lenient reader could
 * take it: what is left was not said by us. Nothing else changes; where nothing is taken out it is the same Buffer.
 */
export function withoutForgedResults(octets: Buffer, authservId: string): Buffer {
  const ours = comparable(authservId)
  const pieces: Buffer[] = []
  let kept = 0
  let count = 0
  for (const { start, valueStart, end } of resultsFields(octets)) {
    count += 1
    // §5 allows to take out all of them; a message with so many is none that one would read.
    if (count <= maxFields && !isForged(octets.subarray(valueStart, end), ours)) continue
    if (start > kept) pieces.push(octets.subarray(kept, start))
    kept = end
  }
  return kept === 0 ? octets : Buffer.concat([...pieces, octets.subarray(kept)])
}

/** Fields that are read; all beyond are taken out. */
const maxFields = 1000

interface FieldPlace {
  readonly start: number
  readonly valueStart: number
  readonly end: number
}

/** Where the fields of this name stand. Only lines with its first letter are looked at: a header may have a million. */
function* resultsFields(octets: Buffer): Generator<FieldPlace> {
  const { headerEnd } = findBody(octets)
  for (let start = 0; start < headerEnd;) {
    const end = fieldEnd(octets, start, headerEnd)
    const isLong = end - start > fieldName.length
    const valueStart =
      isLong && isResultsLine(octets, start) ? colonEnd(octets, start, end) : undefined
    if (valueStart !== undefined) yield { start, valueStart, end }
    start = end
  }
}

/** Blanks before the name can only stand on the first line: further down they continue a field. */
function isResultsLine(octets: Buffer, start: number): boolean {
  const at = start === 0 ? blanksEnd(octets) : start
  if (((octets[at] ?? 0) | 0x20) !== LETTER_A) return false
  return octets.toString('latin1', at, at + fieldName.length).toLowerCase() === fieldName
}

function blanksEnd(octets: Buffer): number {
  let at = 0
  while (isBlank(octets[at] ?? 0)) at += 1
  return at
}

/** Behind the colon after the name; white space may stand before it (RFC 5322 §4.5). */
function colonEnd(octets: Buffer, start: number, end: number): number | undefined {
  const colon = octets.indexOf(COLON, start)
  if (colon < 0 || colon >= end) return undefined
  const name = octets.toString('latin1', start, colon).trim()
  return name.length === fieldName.length ? colon + 1 : undefined
}

const fieldName = 'authentication-results'

function fieldEnd(octets: Buffer, start: number, limit: number): number {
  let at = nextLine(octets, start, limit)
  while (at < limit && isBlank(octets[at] ?? 0)) at = nextLine(octets, at, limit)
  return at
}

function nextLine(octets: Buffer, start: number, limit: number): number {
  const feed = octets.indexOf(LF, start)
  return feed < 0 || feed >= limit ? limit : feed + 1
}

function isBlank(octet: number): boolean {
  return octet === SPACE || octet === TAB
}

const TAB = 9
const LF = 10
const SPACE = 32
const COLON = 58
const LETTER_A = 97

function isForged(value: Buffer, ours: string): boolean {
  const text = value.subarray(0, maxRead).toString('utf8')
  return mayName(text, ours) && readings(text).some((id) => comparable(id) === ours)
}

/** A quick no: letters and digits of our name do not stand in it in this order, and nothing in it is encoded. */
function mayName(text: string, ours: string): boolean {
  if (/[^\0-\x7f]|=\?/.test(text)) return true
  return lowerAscii(text).replace(notPlain, '').includes(ours.replace(notPlain, ''))
}

const notPlain = /[^a-z0-9]+/g

/**
 * What readers could take for the authserv-id: the first word by the letter; and the first word for who knows no comments, no
 * quotes, or who decodes encoded words everywhere.
 */
function readings(text: string): readonly string[] {
  const bare = text.replace(/["\\]/g, '')
  const open = /[()]/g
  const texts = [text, bare, text.replace(open, ' '), bare.replace(open, ' ')]
  const decoded = text.includes('=?') ? [decodeWords(text)] : []
  return [...texts, ...decoded].flatMap(firstWord)
}

/** The first word that is not empty, whatever marks stand before it. */
function firstWord(text: string): readonly string[] {
  const first = tokens(text).find(({ kind, text: word }) => kind !== 'mark' && /[^\s,]/.test(word))
  return first === undefined ? [] : [first.text.trim().split(/[\s,;]+/)[0] ?? '']
}

/** Case, A-labels and U-labels, and the dot of the root make no other name. */
function comparable(id: string): string {
  const bare = id.replace(/[^\p{L}\p{N}\p{M}.:_-]+/gu, '')
  return domainName(bare) ?? lowerAscii(bare)
}
