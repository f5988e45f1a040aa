/** A range of octets, `start` inclusive, `end` exclusive. Offsets count from the first octet of the message. */
export interface Span {
  readonly start: number
  readonly end: number
}

/** The octets of a span, as a view (nothing is copied). */
export function sliceSpan(octets: Buffer, span: Span): Buffer {
  return octets.subarray(span.start, span.end)
}

/** Octets as a string of the same length: one character, U+0000 to U+00FF, per octet. */
export function octetString(octets: Buffer, start: number, end: number): string {
  return octets.toString('latin1', start, end)
}
