import { decodeTransfer } from './transfer.ts'

/** Undoes a Content-Transfer-Encoding piece by piece, so that a large part is never held whole. */
export interface TransferDecoder {
  /** The next octets; gives what can be decoded by now. */
  push(octets: Buffer): Buffer
  /** Gives the rest. */
  end(): Buffer
}

/**
 * A decoder for a Content-Transfer-Encoding (RFC 2045 §6), as lenient as `decodeTransfer`; undefined where
 * the encoding is not known, and what the octets mean with it (RFC 3516 §4.3, UNKNOWN-CTE).
 */
export function transferDecoder(encoding: string): TransferDecoder | undefined {
  switch (encoding.trim().toLowerCase()) {
    case '':
    case '7bit':
    case '8bit':
    case 'binary':
      return { push: (octets) => octets, end: () => Buffer.alloc(0) }
    case 'base64':
      return new CutDecoder('base64', base64Cut, (rest) => Buffer.from(rest.filter(isBase64)))
    case 'quoted-printable':
      return new CutDecoder('quoted-printable', quotedPrintableCut, (rest) => Buffer.from(rest))
    default:
      return undefined
  }
}

/** Decodes up to a place where the code can be cut, and keeps the rest for the next piece. */
class CutDecoder implements TransferDecoder {
  readonly #encoding: string
  readonly #cut: (octets: Buffer) => number
  readonly #keep: (octets: Buffer) => Buffer
  #rest: Buffer = Buffer.alloc(0)

  constructor(encoding: string, cut: (octets: Buffer) => number, keep: (octets: Buffer) => Buffer) {
    this.#keep = keep
    this.#encoding = encoding
    this.#cut = cut
  }

  push(octets: Buffer): Buffer {
    const all = this.#rest.length === 0 ? octets : Buffer.concat([this.#rest, octets])
    const cut = this.#cut(all)
    this.#rest = this.#keep(all.subarray(cut))
    return decodeTransfer(all.subarray(0, cut), this.#encoding)
  }

  end(): Buffer {
    const rest = this.#rest
    this.#rest = Buffer.alloc(0)
    return decodeTransfer(rest, this.#encoding)
  }
}

/** After the last whole group of four letters; padding ends a group early. */
function base64Cut(octets: Buffer): number {
  let letters = 0
  let cut = 0
  for (let at = 0; at < octets.length; at += 1) {
    const octet = octets[at] ?? 0
    if (octet === 0x3d) letters = 0
    else if (isBase64(octet)) letters += 1
    else continue
    if (letters % 4 === 0) cut = at + 1
  }
  return cut
}

function isBase64(octet: number): boolean {
  const isLetter = (octet | 0x20) >= 0x61 && (octet | 0x20) <= 0x7a
  // Node takes the letters of base64url for those of base64, here and there.
  return (
    isLetter ||
    (octet >= 0x2f && octet <= 0x39) ||
    octet === 0x2b ||
    octet === 0x2d ||
    octet === 0x5f
  )
}

/** After the last line: nothing of quoted-printable goes over a line's end. */
function quotedPrintableCut(octets: Buffer): number {
  return octets.lastIndexOf(0x0a) + 1
}
