/** A command line in its two parts. */
export interface Request {
  /** In capitals. */
  readonly verb: string
  /** What stands behind the verb and one blank, as it came. */
  readonly rest: Buffer
}

/** Characters that no line may hold: a NUL or another control, besides a tab. */
// oxlint-disable-next-line no-control-regex -- it is about them
const control = /[\x00-\x08\x0a-\x1f\x7f]/

/**
 * Reads `keyword [SP arguments]` (RFC 1939 §3); undefined when the keyword is not printable ASCII,
 * or the line has control characters.
 */
export function readRequest(line: Buffer): Request | undefined {
  const text = line.toString('latin1')
  if (control.test(text)) return undefined
  const blank = line.indexOf(0x20)
  const verb = blank === -1 ? text : text.slice(0, blank)
  if (!/^[\x21-\x7e]{0,40}$/.test(verb)) return undefined
  return {
    verb: verb.toUpperCase(),
    rest: blank === -1 ? line.subarray(line.length) : line.subarray(blank + 1),
  }
}
