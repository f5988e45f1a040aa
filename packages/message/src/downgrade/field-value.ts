import { parseContentType, parseDisposition } from '../content-fields.ts'
import type { Param } from '../part.ts'
import { decodeWords, encodeWords } from '../words.ts'
import { downgradePhrases } from './phrases.ts'

/** Fields made of phrases and addresses: their phrases can be encoded words (RFC 2047 §5 (3)). */
const phraseFields: ReadonlySet<string> = new Set([
  'from',
  'sender',
  'reply-to',
  'to',
  'cc',
  'bcc',
  'resent-from',
  'resent-sender',
  'resent-reply-to',
  'resent-to',
  'resent-cc',
  'disposition-notification-to',
  'return-receipt-to',
  'errors-to',
  'mail-followup-to',
  'list-id',
  'keywords',
])

/** Fields with no place for text: what goes beyond ASCII in them cannot be said otherwise. */
const rigidFields =
  /^(?:date|resent-date|message-id|resent-message-id|in-reply-to|references|received|return-path|delivered-to|mime-version|content-(?:transfer-encoding|id|location|language|md5)|list-(?:post|help|archive|owner|subscribe|unsubscribe|unsubscribe-post)|authentication-results|received-spf|auto-submitted)$/

/**
 * A field's value in ASCII that means the same, or undefined where there is none. `value` is unfolded.
 */
export function downgradeValue(name: string, value: string): string | undefined {
  const key = name.toLowerCase()
  if (rigidFields.test(key)) return undefined
  if (key === 'content-type' || key === 'content-disposition') return downgradeParams(key, value)
  if (phraseFields.has(key)) return downgradePhrases(value)
  // Unstructured, or nobody's: text (RFC 2047 §5 (1)).
  return encodeWords(decodeWords(value).trim())
}

function downgradeParams(key: string, value: string): string | undefined {
  const octets = Buffer.from(value).toString('latin1')
  // Comments would be lost.
  if (octets.replaceAll(/"(?:[^"\\]|\\.)*"/g, '').includes('(')) return undefined
  const head = headOf(key, octets)
  if (head === undefined) return undefined
  const params = head.params.map(downgradeParam)
  const known = params.filter((param) => param !== undefined)
  return known.length < params.length ? undefined : [head.kind, ...known].join('; ')
}

function headOf(
  key: string,
  octets: string,
): { readonly kind: string; readonly params: readonly Param[] } | undefined {
  if (key === 'content-disposition') {
    const read = parseDisposition(octets)
    return read === undefined ? undefined : { kind: read.type, params: read.params }
  }
  const read = parseContentType(octets)
  return read === undefined
    ? undefined
    : { kind: `${read.type}/${read.subtype}`, params: read.params }
}

/** RFC 2231 §4 for what goes beyond ASCII, in pieces (§3) where it is long. */
function downgradeParam({ name, value }: Param): string | undefined {
  if (ASCII.test(value)) return `${name}=${TOKEN.test(value) ? value : quoted(value)}`
  // A piece of a longer value, or one that is in this form already: what is 8-bit in it is not.
  if (name.includes('*') || name.toLowerCase() === 'boundary') return undefined
  const encoded = percentEncode(Buffer.from(value, 'latin1'))
  const pieces = encoded.match(PIECES) ?? []
  if (pieces.length === 1) return `${name}*=utf-8''${encoded}`
  return pieces.map((piece, i) => `${name}*${i}*=${i === 0 ? "utf-8''" : ''}${piece}`).join('; ')
}

function quoted(value: string): string {
  return `"${value.replaceAll(/["\\]/g, String.raw`\$&`)}"`
}

/** `attribute-char` stays (RFC 2231 §7). */
function percentEncode(octets: Buffer): string {
  return Array.from(octets, (octet) => {
    const character = String.fromCharCode(octet)
    return /[A-Za-z0-9!#$&+.^_`{|}~-]/.test(character)
      ? character
      : `%${octet.toString(16).toUpperCase().padStart(2, '0')}`
  }).join('')
}

const ASCII = /^[\x20-\x7e]*$/
const TOKEN = /^[!#$%&'*+.^_`{|}~0-9A-Za-z-]+$/
/** No escape is cut in two. */
const PIECES = /(?:%[0-9A-F]{2}|[^%]){1,18}/g
