import { TextDecoder } from 'node:util'
import iconv from 'iconv-lite'
import { guessText } from './unicode.ts'

/**
 * Octets in a named charset as Unicode; malformed sequences become U+FFFD. An unknown charset, and
 * one that promises ASCII for octets that are not, is guessed.
 */
export function decodeCharset(octets: Buffer, charset: string): string {
  const label = charset.trim().toLowerCase()
  if (label === 'utf-8' || label === 'utf8') return octets.toString('utf8')
  if (GUESSED.has(label)) return guessText(octets)
  // WHATWG decoders first: they know what mail in the wild means (iso-8859-1 is windows-1252,
  // gb2312 is gbk) and iso-2022-jp, which iconv-lite does not.
  const decoder = decoderFor(label)
  if (decoder !== undefined) return decoder.decode(octets)
  return iconv.encodingExists(label) ? iconv.decode(octets, label) : guessText(octets)
}

/** Whether text in a charset of this name can be decoded rather than guessed; no name means ASCII (RFC 2045 §5.2). */
export function knowsCharset(charset: string): boolean {
  const label = charset.trim().toLowerCase()
  return GUESSED.has(label) || decoderFor(label) !== undefined || iconv.encodingExists(label)
}

function decoderFor(label: string): TextDecoder | undefined {
  const known = decoders.get(label)
  if (known !== undefined || decoders.has(label)) return known
  // Labels come from strangers: only those that exist are remembered.
  try {
    const decoder = new TextDecoder(label)
    if (decoders.size < MAX_DECODERS) decoders.set(label, decoder)
    return decoder
  } catch {
    return undefined
  }
}

const decoders = new Map<string, TextDecoder>()
const MAX_DECODERS = 64
const GUESSED = new Set(['', 'us-ascii', 'ascii', 'unknown-8bit', 'x-unknown', 'default', 'binary'])
