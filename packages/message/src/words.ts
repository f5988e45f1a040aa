import { decodeCharset } from './charset.ts'
import { octetString } from './span.ts'
import { cleanText, guessOctetString } from './unicode.ts'

/**
 * Decodes the encoded words of a field value (RFC 2047 §6), and 8-bit text between them as UTF-8
 * or windows-1252. White space between adjacent words goes, and words that cut a character in two
 * are joined first. What is no encoded word stays as it is. Strings are read as octets, one per
 * character, unless they are Unicode already. Never throws; linear.
 */
export function decodeWords(value: Buffer | string): string {
  const text = typeof value === 'string' ? value : octetString(value, 0, value.length)
  if (!text.includes('=?')) return cleanText(plain(text))
  const output: string[] = []
  let pending: Run | undefined
  let end = 0
  for (const found of text.matchAll(ENCODED_WORD)) {
    const between = text.slice(end, found.index)
    end = found.index + found[0].length
    const charset = (found[1] ?? '').toLowerCase()
    const octets = decodeWord(found[2] ?? '', found[3] ?? '')
    const isAdjacent = pending !== undefined && BLANK.test(between)
    if (pending !== undefined && isAdjacent && pending.charset === charset) {
      pending.pieces.push(octets)
      continue
    }
    if (pending !== undefined) output.push(runText(pending))
    if (!isAdjacent) output.push(plain(between))
    pending = { charset, pieces: [octets] }
  }
  if (pending !== undefined) output.push(runText(pending))
  output.push(plain(text.slice(end)))
  return cleanText(output.join(''))
}

/**
 * Unicode text as a field value of ASCII alone: itself, or encoded words (RFC 2047) of at most 75
 * characters with a space between. Controls become spaces, so nothing can be injected.
 */
export function encodeWords(text: string): string {
  const line = text.toWellFormed().replace(/\p{Cc}+/gu, ' ')
  if (PRINTABLE.test(line) && !line.includes('=?')) return line
  const words: string[] = []
  let piece = ''
  for (const character of line) {
    if (Buffer.byteLength(piece) + Buffer.byteLength(character) > MAX_WORD_OCTETS) {
      words.push(encodeWord(piece))
      piece = ''
    }
    piece += character
  }
  words.push(encodeWord(piece))
  return words.join(' ')
}

interface Run {
  readonly charset: string
  readonly pieces: Buffer[]
}

function encodeWord(text: string): string {
  return `=?utf-8?B?${Buffer.from(text).toString('base64')}?=`
}

function runText(run: Run): string {
  return decodeCharset(Buffer.concat(run.pieces), run.charset)
}

function decodeWord(encoding: string, text: string): Buffer {
  return encoding.toLowerCase() === 'b' ? Buffer.from(text, 'base64') : decodeQ(text)
}

/** The Q encoding (RFC 2047 §4.2); a `=` without two hex digits stays. */
function decodeQ(text: string): Buffer {
  const octets = text
    .replaceAll('_', ' ')
    .replace(/=([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)))
  return Buffer.from(octets, 'latin1')
}

function plain(text: string): string {
  return WIDE.test(text) ? text : guessOctetString(text)
}

/**
 * `=?charset*language?B?text?=` (RFC 2047 §2, RFC 2231 §5). QUIRK: spaces inside the text are
 * accepted, as many senders leave them in Q.
 */
const ENCODED_WORD = /=\?([^?*\s]{1,64})(?:\*[^?\s]{0,64})?\?([bq])\?([^?\r\n]*)\?=/gi
const BLANK = /^[ \t\r\n]*$/
const PRINTABLE = /^[\x20-\x7e]*$/
const WIDE = /[^\0-\xff]/
/** 45 octets are 60 base64 characters: with the frame 72, under the 75 of RFC 2047 §2. */
const MAX_WORD_OCTETS = 45
