import type { AuthenticationVerdict, SpfVerdict } from '../verdict.ts'
import { commentPieces, foldedField, quoted } from './field-text.ts'

/**
 * The Received-SPF field for the MAIL FROM identity (RFC 7208 §9.1): whole, folded, ASCII, ends in CRLF. For the null sender
 * that is what was found for HELO (§2.4).
 */
export function receivedSpfField({ input, spf }: AuthenticationVerdict, hostname: string): string {
  const { mailFrom } = spf
  const pairs = [
    ['receiver', hostname],
    ['client-ip', input.address],
    ['envelope-from', isAscii(input.mailFrom) ? input.mailFrom : mailFrom.domain],
    ['helo', input.helo],
    ['identity', input.mailFrom === '' ? 'helo' : 'mailfrom'],
    ['mechanism', mailFrom.mechanism ?? ''],
    ['problem', problemOf(mailFrom)],
  ] as const
  const pieces = pairs
    .filter(([key, value]) => value !== '' || key === 'envelope-from')
    .map(([key, value]) => `${key}=${dotAtomOrQuoted(value.slice(0, maxValue))};`)
  const words = commentPieces(`${hostname}: ${mailFrom.because}`)
  return foldedField('Received-SPF', [[mailFrom.result, ...words], pieces])
}

/** What is beyond ASCII cannot be written here: the A-labels of its domain can. */
function isAscii(text: string): boolean {
  return /^[\x20-\x7e]*$/.test(text)
}

/** Longer than any address or term worth reading; lines stay below 998 octets even when every one is escaped. */
const maxValue = 320

function problemOf({ result, because }: SpfVerdict): string {
  return result === 'temperror' || result === 'permerror' ? because : ''
}

/** `key-value-pair = key [CFWS] "=" ( dot-atom / quoted-string )`. */
function dotAtomOrQuoted(text: string): string {
  const isDotAtom = /^[!#$%&'*+/0-9=?A-Z^_`a-z{|}~-]+(?:\.[!#$%&'*+/0-9=?A-Z^_`a-z{|}~-]+)*$/.test(
    text,
  )
  return isDotAtom ? text : quoted(text)
}
