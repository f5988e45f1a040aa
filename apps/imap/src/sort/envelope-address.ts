/** An address as ENVELOPE has it (RFC 3501 §7.4.2): raw octets, null for NIL. */
export interface EnvelopeAddress {
  readonly name: Buffer | null
  readonly mailbox: Buffer | null
  readonly host: Buffer | null
}

/** The places of ENVELOPE's address lists. */
const places = { from: 2, to: 5, cc: 6 } as const

/** The first address of a field of an ENVELOPE that is ready to send; undefined where the field is NIL. */
export function firstAddress(
  envelope: Buffer,
  field: keyof typeof places,
): EnvelopeAddress | undefined {
  const reader = new EnvelopeReader(envelope)
  reader.open()
  for (let skipped = 0; skipped < places[field]; skipped += 1) reader.skip()
  if (!reader.open() || !reader.open()) return undefined
  const name = reader.text()
  reader.text()
  return { name, mailbox: reader.text(), host: reader.text() }
}

const open = 0x28
const close = 0x29
const quote = 0x22
const brace = 0x7b
const backslash = 0x5c
const space = 0x20

/** Reads what formatEnvelope writes: lists, quoted strings, literals and NIL. */
class EnvelopeReader {
  readonly #octets: Buffer
  #at = 0

  constructor(octets: Buffer) {
    this.#octets = octets
  }

  /** Steps into a list, where one comes next. */
  open(): boolean {
    this.#skipSpaces()
    if (this.#octets[this.#at] !== open) return false
    this.#at += 1
    return true
  }

  /** Passes over a value, whatever it is. */
  skip(): void {
    let depth = 0
    do {
      if (this.open()) depth += 1
      else if (this.#octets[this.#at] === close) {
        this.#at += 1
        depth -= 1
      } else this.text()
    } while (depth > 0 && this.#at < this.#octets.length)
  }

  /** A string, or null for NIL. */
  text(): Buffer | null {
    this.#skipSpaces()
    const first = this.#octets[this.#at]
    if (first === quote) return this.#quoted()
    if (first === brace) return this.#literal()
    this.#at += 'NIL'.length
    return null
  }

  #quoted(): Buffer {
    const octets: number[] = []
    for (this.#at += 1; this.#at < this.#octets.length; this.#at += 1) {
      const octet = this.#octets[this.#at] ?? quote
      if (octet === quote) break
      if (octet === backslash) this.#at += 1
      octets.push(this.#octets[this.#at] ?? octet)
    }
    this.#at += 1
    return Buffer.from(octets)
  }

  #literal(): Buffer {
    const end = this.#octets.indexOf('}', this.#at)
    const size = Number(this.#octets.toString('latin1', this.#at + 1, end))
    const start = end + '}\r\n'.length
    this.#at = start + size
    return this.#octets.subarray(start, start + size)
  }

  #skipSpaces(): void {
    while (this.#octets[this.#at] === space) this.#at += 1
  }
}
