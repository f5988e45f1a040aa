import { isUtf8 } from 'node:buffer'

import { encodeMailbox } from './mailbox-name.ts'
import { astringChar, octetClass } from './octet-class.ts'

/** Longer strings go as literals, so that no response line grows without bound. */
const maxQuotedOctets = 1000

const nil = Buffer.from('NIL')
const emptyQuoted = Buffer.from('""')

/**
 * `string`: quoted when every octet may stand there, else a literal. With `utf8` (UTF8=ACCEPT is
 * enabled), octets above 127 may be quoted as well if they are UTF-8 (RFC 6855 §3).
 */
export function formatString(value: Buffer | string, utf8 = false): Buffer {
  const octets = typeof value === 'string' ? Buffer.from(value, 'utf8') : value
  if (octets.length === 0) return emptyQuoted
  if (octets.length > maxQuotedOctets || !isQuotable(octets, utf8)) return formatLiteral(octets)
  const text = octets.toString('latin1').replace(/["\\]/g, '\\$&')
  return Buffer.from(`"${text}"`, 'latin1')
}

/** `nstring`: NIL for null. */
export function formatNstring(value: Buffer | string | null, utf8 = false): Buffer {
  return value === null ? nil : formatString(value, utf8)
}

/** `astring`: an atom where it can be one; `NIL` is quoted, lest it be taken for nothing. */
export function formatAstring(value: Buffer | string, utf8 = false): Buffer {
  const octets = typeof value === 'string' ? Buffer.from(value, 'utf8') : value
  return isAtomLike(octets) ? octets : formatString(octets, utf8)
}

/** A mailbox name, encoded and quoted as this session wants it (RFC 3501 §5.1.3, RFC 6855 §3). */
export function formatMailbox(name: string, utf8 = false): Buffer {
  return formatAstring(encodeMailbox(name, utf8), utf8)
}

/** `{n}` CRLF octets. */
export function formatLiteral(octets: Buffer): Buffer {
  return Buffer.concat([literalHeader(octets.length), octets])
}

/** `{n}` CRLF, for whoever sends the octets themselves without copying them. */
export function literalHeader(length: number): Buffer {
  return Buffer.from(`{${length}}\r\n`, 'latin1')
}

function isAtomLike(octets: Buffer): boolean {
  if (octets.length === 0 || octets.length > maxQuotedOctets) return false
  for (const octet of octets) if (((octetClass[octet] ?? 0) & astringChar) === 0) return false
  return octets.length !== 3 || octets.toString('latin1').toUpperCase() !== 'NIL'
}

function isQuotable(octets: Buffer, utf8: boolean): boolean {
  let isAscii = true
  for (const octet of octets) {
    if (octet === 0 || octet === 0x0d || octet === 0x0a) return false
    if (octet >= 0x80) isAscii = false
  }
  return isAscii || (utf8 && isUtf8(octets))
}
