/** A header field, as views of the message. */
export interface StrictField {
  /** In lower case. */
  readonly name: string
  /** The whole field with its line ends. */
  readonly raw: Buffer
  /** What follows the colon, folded as it came. */
  readonly value: Buffer
}

/** A header whose every line is a field or its continuation, and what follows it. */
export interface StrictHeader {
  readonly fields: readonly StrictField[]
  /** The empty line and the body. */
  readonly rest: Buffer
}

const CR = 0x0d
const LF = 0x0a
const COLON = 0x3a

/**
 * Reads a header by the letter (RFC 5322 §2.2): a name, the colon right after it, CR LF. Undefined
 * where a line is neither a field nor a continuation: other readers would take it for the end of
 * the header, and see another author than we do.
 */
export function readHeader(octets: Buffer): StrictHeader | undefined {
  const fields: StrictField[] = []
  let start = 0
  while (start < octets.length && !(octets[start] === CR && octets[start + 1] === LF)) {
    const end = fieldEnd(octets, start)
    const colon = octets.indexOf(COLON, start)
    if (colon < 0 || colon >= end || !isName(octets, start, colon)) return undefined
    fields.push({
      name: octets.toString('latin1', start, colon).toLowerCase(),
      raw: octets.subarray(start, end),
      value: octets.subarray(colon + 1, end),
    })
    start = end
  }
  return { fields, rest: octets.subarray(start) }
}

/** The offset after the field's last line: the next line does not begin with white space. */
function fieldEnd(octets: Buffer, start: number): number {
  let from = start
  for (;;) {
    const lf = octets.indexOf(LF, from)
    if (lf < 0) return octets.length
    const next = octets[lf + 1]
    if (next !== 0x20 && next !== 0x09) return lf + 1
    from = lf + 1
  }
}

/** `field-name = 1*ftext` (RFC 5322 §3.6.8). */
function isName(octets: Buffer, start: number, end: number): boolean {
  if (start === end) return false
  for (let i = start; i < end; i += 1) {
    const octet = octets[i] ?? 0
    if (octet < 0x21 || octet > 0x7e) return false
  }
  return true
}
