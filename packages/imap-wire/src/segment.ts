/**
 * A command as it came off the wire, cut where the octets change their nature: lines without their
 * CRLF (a line that announces a literal keeps its `{n}`), and the literals' octets between them.
 */
export type Segment =
  | { readonly kind: 'line'; readonly octets: Buffer }
  | { readonly kind: 'literal'; readonly octets: Buffer }

/** What the end of a line announces: `{n}`, `{n+}`, `~{n}` or `~{n+}`. */
export interface LiteralMarker {
  /** Octets to come. May exceed every limit; `Infinity` when it has more than 15 digits. */
  readonly octets: number
  /** The client waits for a continuation request before it sends (RFC 3501 §4.3, RFC 7888 §4). */
  readonly isSynchronizing: boolean
  /** literal8, which may contain NUL (RFC 3516 §4.4). */
  readonly isBinary: boolean
  /** Offset in the line at which the marker begins. */
  readonly start: number
}

const brace = { open: 0x7b, close: 0x7d }
const plus = 0x2b
const tilde = 0x7e

/**
 * Read the literal announcement at the end of a line (without CRLF), if there is one.
 *
 * `literal = "{" number ["+"] "}" CRLF *CHAR8` (RFC 7888 §8), `literal8 = "~" literal` (RFC 3516 §7).
 */
export function literalMarker(line: Buffer): LiteralMarker | undefined {
  let at = line.length - 1
  if (line[at] !== brace.close) return undefined
  at -= 1
  const isSynchronizing = line[at] !== plus
  if (!isSynchronizing) at -= 1
  const end = at + 1
  while (at >= 0 && isDigit(line[at])) at -= 1
  if (at + 1 === end || line[at] !== brace.open) return undefined
  const isBinary = line[at - 1] === tilde
  return {
    octets: readDecimal(line, at + 1, end),
    isSynchronizing,
    isBinary,
    start: isBinary ? at - 1 : at,
  }
}

function isDigit(octet: number | undefined): boolean {
  return octet !== undefined && octet >= 0x30 && octet <= 0x39
}

/** Digits [start, end) as a number; leading zeros are legal in `number`, so they do not count. */
function readDecimal(line: Buffer, start: number, end: number): number {
  let first = start
  while (first < end - 1 && line[first] === 0x30) first += 1
  if (end - first > 15) return Infinity
  return Number(line.toString('latin1', first, end))
}
