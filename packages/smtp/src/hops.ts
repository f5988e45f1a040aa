const LF = 0x0a
const CR = 0x0d
const SPACE = 0x20
const TAB = 0x09
/** Headers longer than this are not read to their end: it would take thousands of fields to hide a loop there. */
const MAX_SCANNED = 1024 * 1024

/** How often a message has travelled. */
export interface Hops {
  /** Received fields of the top header (RFC 5321 §6.3). */
  readonly all: number
  /** Those of ours. */
  readonly own: number
}

/** Counts them; `name` is our own host name. */
export function countHops(octets: Buffer, name: string): Hops {
  const ours = `by ${name} (Posthouse) `.toLowerCase()
  let all = 0
  let own = 0
  let pos = 0
  const end = Math.min(octets.length, MAX_SCANNED)
  while (pos < end && octets[pos] !== CR && octets[pos] !== LF) {
    const next = fieldEnd(octets, pos)
    if (isReceived(octets, pos)) {
      all += 1
      if (octets.toString('latin1', pos, next).toLowerCase().includes(ours)) own += 1
    }
    pos = next
  }
  return { all, own }
}

/** The offset after a field, with its folded lines (RFC 5322 §2.2.3). */
function fieldEnd(octets: Buffer, pos: number): number {
  for (let at = pos; ;) {
    const lf = octets.indexOf(LF, at)
    if (lf < 0) return octets.length
    at = lf + 1
    if (octets[at] !== SPACE && octets[at] !== TAB) return at
  }
}

/** `Received` and a colon, white space between them allowed (RFC 5322 §4.5). */
function isReceived(octets: Buffer, pos: number): boolean {
  return /^received[ \t]*:/i.test(octets.toString('latin1', pos, pos + 24))
}
