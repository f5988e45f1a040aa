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
  const { headerEnd } = findBody(octets)
  const forged = headerFields(octets, { start: 0, end: headerEnd }).filter((field) =>
    isForged(field, ours),
  )
  if (forged.length === 0) return octets
  const pieces: Buffer[] = []
  let at = 0
  for (const { raw } of forged) {
    const start = raw.byteOffset - octets.byteOffset
    pieces.push(octets.subarray(at, start))
    at = start + raw.length
  }
  return Buffer.concat([...pieces, octets.subarray(at)])
}

function isForged({ name, value }: HeaderField, ours: string): boolean {
  if (lowerAscii(name).trim() !== 'authentication-results') return false
  const text = value.subarray(0, maxRead).toString('utf8')
  return readings(text).some((id) => comparable(id) === ours)
}

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
