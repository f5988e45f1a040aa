/** How a body is written with ASCII alone. */
export interface EncodedBody {
  readonly encoding: 'quoted-printable' | 'base64'
  readonly octets: Buffer
}

/**
 * A body in 7 bits, from which its octets come back exactly (RFC 2045 §6.7, §6.8): quoted-printable for text that stays
 * readable, base64 for the rest.
 */
export function encodeBody(body: Buffer, isText: boolean): EncodedBody {
  const isReadable = isText && wideOctets(body) * MOST_WIDE < body.length && hasPlainLines(body)
  return isReadable
    ? { encoding: 'quoted-printable', octets: quotedPrintable(body) }
    : { encoding: 'base64', octets: base64(body) }
}

function wideOctets(body: Buffer): number {
  let count = 0
  for (const octet of body) if (octet > 0x7e) count += 1
  return count
}

/** Every line ends with CR LF, which quoted-printable keeps as it is. */
function hasPlainLines(body: Buffer): boolean {
  for (let at = body.indexOf(LF); at >= 0; at = body.indexOf(LF, at + 1)) {
    if (body[at - 1] !== CR) return false
  }
  for (let at = body.indexOf(CR); at >= 0; at = body.indexOf(CR, at + 1)) {
    if (body[at + 1] !== LF) return false
  }
  return true
}

function quotedPrintable(body: Buffer): Buffer {
  const lines = body.toString('latin1').split('\r\n')
  return Buffer.from(lines.map(quoteLine).join('\r\n'), 'latin1')
}

/** Lines of at most 76 characters; white space at the end of one is written out (RFC 2045 §6.7 (3), (5)). */
function quoteLine(line: string): string {
  const pieces: string[] = []
  let width = 0
  for (let i = 0; i < line.length; i += 1) {
    const code = line.charCodeAt(i)
    const isBlank = code === SPACE || code === TAB
    const isPlain = isBlank ? i < line.length - 1 : code > SPACE && code < 0x7f && code !== EQUALS
    const piece = isPlain ? line.charAt(i) : `=${code.toString(16).toUpperCase().padStart(2, '0')}`
    // A soft line break takes one character itself; blanks before it are not at the end of the line.
    if (width + piece.length > LINE - 1) {
      pieces.push('=\r\n')
      width = 0
    }
    pieces.push(piece)
    width += piece.length
  }
  return pieces.join('')
}

function base64(body: Buffer): Buffer {
  const text = body.toString('base64').replaceAll(/.{76}(?=.)/g, '$&\r\n')
  return Buffer.from(text, 'latin1')
}

/** One octet in six: from there on base64 is shorter. */
const MOST_WIDE = 6
const LINE = 76
const TAB = 9
const LF = 10
const CR = 13
const SPACE = 32
const EQUALS = 61
