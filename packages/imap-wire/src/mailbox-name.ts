import type { Cursor } from './cursor.ts'
import { decodeModifiedUtf7, encodeModifiedUtf7 } from './modified-utf7.ts'
import { listChar } from './octet-class.ts'
import { astring, startsString, string, utf8Text } from './strings.ts'

/**
 * `mailbox = "INBOX" / astring` (RFC 3501 §9) as Unicode text: modified UTF-7 is undone, or UTF-8
 * read where UTF8=ACCEPT is enabled. INBOX, in whatever case, becomes `INBOX`.
 *
 * A name that is not in the encoding, or holds control characters, is refused with CANNOT: the
 * command is well formed, the name is impossible.
 */
export function mailbox(c: Cursor): string {
  const name = mailboxText(c, astring(c))
  return isInbox(name) ? 'INBOX' : name
}

/** Is this INBOX, which alone is case-insensitive (RFC 3501 §5.1)? */
export function isInbox(name: string): boolean {
  return name.length === 5 && name.toUpperCase() === 'INBOX'
}

/** LIST's reference name: like a mailbox, but may be empty, and INBOX keeps its spelling. */
export function referenceName(c: Cursor): string {
  return mailboxText(c, astring(c))
}

/**
 * `list-mailbox = 1*list-char / string` (RFC 3501 §9) as Unicode text, wildcards included.
 *
 * A pattern that is not modified UTF-7 stays as it is: it can match nothing that needs the encoding,
 * and the answer is an empty list rather than an error.
 */
export function listPattern(c: Cursor): string {
  const raw = startsString(c) ? string(c) : patternAtom(c)
  if (raw.length > maxPatternOctets) c.fail('the pattern is too long', 'LIMIT')
  return decodeName(raw, c.isUtf8) ?? raw.toString('latin1')
}

/** Longest LIST pattern that is looked at; the longest mailbox name is shorter. */
const maxPatternOctets = 2048

function patternAtom(c: Cursor): Buffer {
  const text = c.run(listChar)
  if (text === '') c.fail('expected a mailbox pattern')
  return Buffer.from(text, 'latin1')
}

function mailboxText(c: Cursor, raw: Buffer): string {
  const name = decodeName(raw, c.isUtf8)
  if (name === undefined) c.fail('the mailbox name is not in the right encoding', 'CANNOT')
  if (hasControl(name)) c.fail('the mailbox name contains control characters', 'CANNOT')
  return name
}

function decodeName(raw: Buffer, isUtf8: boolean): string | undefined {
  return isUtf8 ? utf8Text(raw) : decodeModifiedUtf7(raw.toString('latin1'))
}

/** C0, DEL, C1, and the line and paragraph separators (RFC 5198 §2, RFC 9051 §5.1). */
function hasControl(name: string): boolean {
  for (let at = 0; at < name.length; at += 1) {
    const unit = name.charCodeAt(at)
    if (unit < 0x20 || (unit >= 0x7f && unit <= 0x9f)) return true
    if (unit === 0x2028 || unit === 0x2029) return true
  }
  return false
}

/** The octets that name this mailbox on the wire, before quoting. */
export function encodeMailbox(name: string, isUtf8 = false): Buffer {
  return isUtf8 ? Buffer.from(name, 'utf8') : Buffer.from(encodeModifiedUtf7(name), 'latin1')
}
