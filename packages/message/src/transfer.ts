/**
 * Undoes a Content-Transfer-Encoding (RFC 2045 §6), leniently: what is no valid code is passed over
 * (base64) or kept (quoted-printable). Identity and unknown encodings give the octets themselves.
 */
export function decodeTransfer(octets: Buffer, encoding: string): Buffer {
  const name = encoding.toLowerCase()
  if (name === 'base64') return decodeBase64(octets)
  if (name === 'quoted-printable') return decodeQuotedPrintable(octets)
  return octets
}

/** Whether octets under this encoding are a text's own octets. */
export function isIdentityEncoding(encoding: string): boolean {
  const name = encoding.toLowerCase()
  return name !== 'base64' && name !== 'quoted-printable'
}

/** Padding in the middle (encoded in pieces, then joined) does not end the data. */
function decodeBase64(octets: Buffer): Buffer {
  const text = octets.toString('latin1')
  const padded = text.indexOf('=')
  if (padded < 0 || !/[A-Za-z0-9+/]/.test(text.slice(padded))) return Buffer.from(text, 'base64')
  return Buffer.concat(text.split(/=+/).map((piece) => Buffer.from(piece, 'base64')))
}

/** RFC 2045 §6.7: `=XX`, soft line breaks, white space at the end of a line dropped. */
function decodeQuotedPrintable(octets: Buffer): Buffer {
  const output = Buffer.allocUnsafe(octets.length)
  let length = 0
  /** The length up to the last octet that is not white space on this line. */
  let solid = 0
  for (let at = 0; at < octets.length; at += 1) {
    const octet = octets[at] ?? 0
    if (octet === LF || (octet === CR && octets[at + 1] === LF)) length = solid
    if (octet !== EQUALS) {
      output[length++] = octet
      if (octet !== SPACE && octet !== TAB) solid = length
      continue
    }
    const soft = softBreak(octets, at + 1)
    const value = soft > 0 ? -1 : hexPair(octets, at + 1)
    if (soft > 0) at = soft - 1
    else if (value >= 0) {
      output[length++] = value
      at += 2
    } else output[length++] = octet
    solid = length
  }
  return output.subarray(0, length)
}

/** Where the line after a soft break begins; 0 when there is none. A `=` at the very end is one. */
function softBreak(octets: Buffer, from: number): number {
  let at = from
  while (octets[at] === SPACE || octets[at] === TAB) at += 1
  if (octets[at] === LF) return at + 1
  if (octets[at] === CR && octets[at + 1] === LF) return at + 2
  return at >= octets.length ? octets.length : 0
}

function hexPair(octets: Buffer, at: number): number {
  const high = HEX[octets[at] ?? 0] ?? -1
  const low = HEX[octets[at + 1] ?? 0] ?? -1
  return high < 0 || low < 0 ? -1 : high * 16 + low
}

const TAB = 9
const LF = 10
const CR = 13
const SPACE = 32
const EQUALS = 61
const HEX = new Int8Array(256).fill(-1)
for (const [value, digit] of Buffer.from('0123456789abcdef').entries()) {
  HEX[digit] = value
  if (value > 9) HEX[digit - 32] = value
}
