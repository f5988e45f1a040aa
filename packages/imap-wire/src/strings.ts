import type { Cursor } from './cursor.ts'
import { astringChar } from './octet-class.ts'

const dquote = 0x22
const backslash = 0x5c
const openBrace = 0x7b
const tilde = 0x7e
const cr = 0x0d
const lf = 0x0a

/**
 * `quoted = DQUOTE *QUOTED-CHAR DQUOTE` (RFC 3501 §9).
 *
 * QUIRK: octets above 127 are kept although UTF8=ACCEPT may be off: clients send passwords and
 * search words that way. Who reads the value decides whether that is acceptable.
 */
export function quoted(c: Cursor): Buffer {
  c.expect(dquote, 'a quoted string')
  const start = c.mark()
  let escaped = false
  for (;;) {
    const octet = c.peek()
    if (octet === dquote) break
    if (octet < 0) c.fail('a quoted string is not closed')
    if (octet === 0 || octet === cr || octet === lf) c.fail('forbidden octet in a quoted string')
    c.next()
    if (octet !== backslash) continue
    escaped = true
    const special = c.peek()
    if (special !== dquote && special !== backslash) c.fail('a backslash may only escape \\ or "')
    c.next()
  }
  const raw = c.since(start)
  c.next()
  return escaped ? unescape(raw) : raw
}

function unescape(raw: Buffer): Buffer {
  const out = Buffer.alloc(raw.length)
  let length = 0
  for (let at = 0; at < raw.length; at += 1) {
    if (raw[at] === backslash) at += 1
    out[length] = raw[at] ?? 0
    length += 1
  }
  return out.subarray(0, length)
}

/** `literal`: octets other than NUL (RFC 3501 §9, CHAR8). Octets are not copied. */
export function literal(c: Cursor): Buffer {
  if (c.peek() !== openBrace) c.fail('expected a literal')
  const { octets } = c.literal()
  if (octets.includes(0)) c.fail('NUL in a literal')
  return octets
}

/** `string = quoted / literal`. */
export function string(c: Cursor): Buffer {
  const octet = c.peek()
  if (octet === dquote) return quoted(c)
  if (octet === openBrace) return literal(c)
  return c.fail('expected a string')
}

/** `nstring = string / nil`. */
export function nstring(c: Cursor): Buffer | null {
  if (startsString(c)) return string(c)
  const start = c.mark()
  if (c.run(astringChar).toUpperCase() === 'NIL') return null
  c.reset(start)
  return c.fail('expected a string or NIL')
}

/** `astring = 1*ASTRING-CHAR / string`. */
export function astring(c: Cursor): Buffer {
  if (startsString(c)) return string(c)
  const text = c.run(astringChar)
  if (text === '') c.fail('expected an atom or a string')
  return Buffer.from(text, 'latin1')
}

/** `literal` or `literal8`, whatever it contains (RFC 3516 §4.4): an APPEND's message. */
export function anyLiteral(c: Cursor): { readonly octets: Buffer; readonly isBinary: boolean } {
  const octet = c.peek()
  if (octet !== openBrace && octet !== tilde) c.fail('expected a literal')
  return c.literal()
}

/** True when a quoted string or a literal comes next. */
export function startsString(c: Cursor): boolean {
  const octet = c.peek()
  return octet === dquote || octet === openBrace
}

/** Octets as text if they are UTF-8 throughout, else `undefined`. */
export function utf8Text(octets: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(octets)
  } catch {
    return undefined
  }
}

/** `astring` that must be UTF-8: user names, passwords, search words. */
export function textAstring(c: Cursor): string {
  return utf8Text(astring(c)) ?? c.fail('text is not UTF-8')
}
