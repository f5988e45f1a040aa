/**
 * IMAP data items are put together as octet strings (one character per octet) and become octets
 * once, at the end.
 */
export function imapOctets(text: string): Buffer {
  return Buffer.from(text, 'latin1')
}

/**
 * `nstring` (RFC 3501 §9): NIL for what is absent, a quoted string for short printable ASCII, else
 * a literal. NUL can be sent in neither and is left out.
 */
export function nstring(value: string | undefined): string {
  return value === undefined ? 'NIL' : imapString(value)
}

/** `string` (RFC 3501 §9). */
export function imapString(value: string): string {
  if (value.length <= MAX_QUOTED && QUOTABLE.test(value)) {
    return NEEDS_ESCAPE.test(value) ? `"${value.replace(/["\\]/g, '\\$&')}"` : `"${value}"`
  }
  const octets = value.includes('\0') ? value.replaceAll('\0', '') : value
  return `{${octets.length}}\r\n${octets}`
}

/** Clients' line buffers are small: longer strings travel as literals. */
const MAX_QUOTED = 1_000
const QUOTABLE = /^[\t\x20-\x7e]*$/
const NEEDS_ESCAPE = /["\\]/
