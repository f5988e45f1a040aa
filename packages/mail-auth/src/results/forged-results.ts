import { decodeWords, headerFields, type HeaderField } from '@posthouse/message'
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
  for (const { raw, value } of resultsFields(octets)) {
    if (!isForged(value, ours)) continue
    const start = raw.byteOffset - octets.byteOffset
    pieces.push(octets.subarray(kept, start))
    kept = start + raw.length
  }
  return pieces.length === 0 ? octets : Buffer.concat([...pieces, octets.subarray(kept)])
}

/** The fields of this name. Only lines with its first letter are looked at: a header may have a million. */
function* resultsFields(octets: Buffer): Generator<HeaderField> {
  const { headerEnd } = findBody(octets)
  for (let start = 0; start < headerEnd; start = nextLine(octets, start, headerEnd)) {
    const first = octets[start] ?? 0
    // Blanks before the name could only stand on the first line: further down they continue a field.
    if ((first | 0x20) !== LETTER_A && (start > 0 || !isBlank(first))) continue
    const end = fieldEnd(octets, start, headerEnd)
    const [field] = headerFields(octets, { start, end })
    if (field !== undefined && lowerAscii(field.name).trim() === 'authentication-results')
      yield field
  }
}

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
