import { isAscii, isUtf8 } from 'node:buffer'
import { eachField, unfold } from '../header-fields.ts'
import { foldLine } from '../header-line.ts'
import { indexMessage } from '../mime-index.ts'
import type { MimePart } from '../part.ts'
import type { Span } from '../span.ts'
import { encodeBody } from './encode-body.ts'
import { downgradeValue } from './field-value.ts'

/** What the next host takes. */
export interface DowngradeTarget {
  /** 8BITMIME: bodies may stay as they are (RFC 6152). */
  readonly takesEightBit: boolean
}

/** Octets in place of others. */
interface Edit extends Span {
  readonly octets: Buffer
}

/** Thrown inside, where a message cannot be said otherwise; never leaves this file. */
class NotLossless extends Error {}

/**
 * A message for a host without SMTPUTF8, and perhaps without 8BITMIME, that says the same to its reader: texts of the header as
 * encoded words (RFC 2047) and RFC 2231 parameters, domains as A-labels, bodies as quoted-printable or base64. The same buffer
 * where nothing is to be done. Undefined where that would lose something: addresses beyond ASCII, what is signed or encrypted
 * as a whole (RFC 1847 §2.1), a DKIM signature, broken MIME.
 */
export function downgrade(octets: Buffer, target: DowngradeTarget): Buffer | undefined {
  if (isAscii(octets)) return octets
  try {
    const edits: Edit[] = []
    const root = indexMessage(octets)
    new Downgrader(octets, target, edits).message(root)
    const result = splice(octets, edits)
    if (isAscii(result)) return result
    return target.takesEightBit && hasAsciiHeaders(result) ? result : undefined
  } catch (error) {
    if (error instanceof NotLossless) return undefined
    throw error
  }
}

class Downgrader {
  readonly #octets: Buffer
  readonly #target: DowngradeTarget
  readonly #edits: Edit[]

  constructor(octets: Buffer, target: DowngradeTarget, edits: Edit[]) {
    this.#octets = octets
    this.#target = target
    this.#edits = edits
  }

  /** A whole message: the outermost, or one in message/rfc822. */
  message(part: MimePart): void {
    if (this.#isAscii({ start: part.header.start, end: part.body.end })) return
    for (const { name } of this.#fields(part)) {
      if (name === 'dkim-signature' || name === 'arc-seal') throw new NotLossless()
    }
    if (this.#part(part)) this.#declareMime(part)
  }

  /** True where its body is encoded otherwise now. */
  #part(part: MimePart): boolean {
    this.#header(part)
    if (this.#isAscii(part.body)) return false
    const { takesEightBit } = this.#target
    const type = part.type.toLowerCase()
    const kind = `${type}/${part.subtype.toLowerCase()}`
    if (sealed.has(kind)) {
      if (!takesEightBit) throw new NotLossless()
      return false
    }
    if (type === 'multipart') return this.#container(part, () => this.#children(part))
    if (takesEightBit) return false
    if (part.message !== undefined && kind === 'message/rfc822') {
      const { message } = part
      return this.#container(part, () => this.message(message))
    }
    this.#leaf(part, type)
    return true
  }

  #header(part: MimePart): void {
    for (const { name, start, valueStart, end, spelled } of this.#fields(part)) {
      if (this.#isAscii({ start, end })) continue
      const value = this.#octets.subarray(valueStart, end)
      if (!isUtf8(value) || !this.#isAscii({ start, end: valueStart })) throw new NotLossless()
      const text = downgradeValue(name, Buffer.from(unfold(value), 'latin1').toString())
      if (text === undefined) throw new NotLossless()
      const lines = foldLine(`${spelled}: ${text}`)
      this.#edits.push({ start, end, octets: Buffer.from(`${lines.join('\r\n')}\r\n`) })
    }
  }

  #children(part: MimePart): void {
    for (const child of part.children) this.#part(child)
  }

  /** What holds other parts is 7 bits wide once they are (RFC 2045 §6.4). */
  #container(part: MimePart, within: () => void): boolean {
    if (this.#target.takesEightBit) {
      within()
      return false
    }
    const encoding = part.encoding.toLowerCase()
    if (!identities.has(encoding)) throw new NotLossless()
    within()
    if (encoding !== '7bit') this.#setEncoding(part, '7bit')
    return true
  }

  #leaf(part: MimePart, type: string): void {
    // Encoded, it says, and is not: nobody knows what is meant.
    if (!identities.has(part.encoding.toLowerCase())) throw new NotLossless()
    const body = this.#octets.subarray(part.body.start, part.body.end)
    const { encoding, octets } = encodeBody(body, type === 'text')
    this.#setEncoding(part, encoding)
    this.#edits.push({ ...part.body, octets })
  }

  #setEncoding(part: MimePart, encoding: string): void {
    // A multipart whose boundary never comes: its text has no header to say so in.
    if (part.header.start === part.header.end) throw new NotLossless()
    const field = Buffer.from(`Content-Transfer-Encoding: ${encoding}\r\n`)
    const own = this.#fields(part).find(({ name }) => name === 'content-transfer-encoding')
    const place = own ?? this.#endOf(part)
    this.#edits.push({ start: place.start, end: place.end, octets: field })
  }

  /** Text that never said it was MIME does so now (RFC 2045 §4); what it is written in is known, or is not (RFC 1428 §3). */
  #declareMime(part: MimePart): void {
    const names = new Set(this.#fields(part).map(({ name }) => name))
    const place = this.#endOf(part)
    const body = this.#octets.subarray(part.body.start, part.body.end)
    const lines = [
      names.has('mime-version') ? '' : 'MIME-Version: 1.0\r\n',
      names.has('content-type')
        ? ''
        : `Content-Type: text/plain; charset=${isUtf8(body) ? 'utf-8' : 'unknown-8bit'}\r\n`,
    ].join('')
    if (lines !== '') this.#edits.push({ ...place, octets: Buffer.from(lines) })
  }

  /** Behind its last field. */
  #endOf(part: MimePart): Span {
    const end = this.#fields(part).at(-1)?.end ?? part.header.start
    return { start: end, end }
  }

  #fields(part: MimePart) {
    return [...eachField(this.#octets, part.header)].map((field) => {
      const spelled = this.#octets.toString('latin1', field.start, field.nameEnd)
      return { ...field, spelled, name: spelled.toLowerCase() }
    })
  }

  #isAscii({ start, end }: Span): boolean {
    return isAscii(this.#octets.subarray(start, end))
  }
}

/** Edits of one place keep their order. */
function splice(octets: Buffer, edits: readonly Edit[]): Buffer {
  const pieces: Buffer[] = []
  let at = 0
  for (const edit of edits.toSorted((a, b) => a.start - b.start || a.end - b.end)) {
    pieces.push(octets.subarray(at, edit.start), edit.octets)
    at = edit.end
  }
  return Buffer.concat([...pieces, octets.subarray(at)])
}

/** Of the message and all its parts; a message within one is its body's. */
function hasAsciiHeaders(octets: Buffer): boolean {
  const open = [indexMessage(octets)]
  for (let part = open.pop(); part !== undefined; part = open.pop()) {
    if (!isAscii(octets.subarray(part.header.start, part.header.end))) return false
    open.push(...part.children)
  }
  return true
}

/** What may not be touched: signed octet by octet, or of 7 bits by definition (RFC 2046 §5.2.2, RFC 3464 §2.1, RFC 3798 §3.1). */
const sealed: ReadonlySet<string> = new Set([
  'multipart/signed',
  'multipart/encrypted',
  'message/partial',
  'message/delivery-status',
  'message/disposition-notification',
])
const identities: ReadonlySet<string> = new Set(['7bit', '8bit', 'binary'])
