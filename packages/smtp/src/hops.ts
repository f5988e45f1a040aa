const LF = 0x0a
const CR = 0x0d
/** Headers longer than this are not read to their end: it would take thousands of fields to hide a loop there. */
const MAX_SCANNED = 1024 * 1024

/** How many Received fields the top header has (RFC 5321 §6.3). */
export function countHops(octets: Buffer): number {
  let hops = 0
  let pos = 0
  const end = Math.min(octets.length, MAX_SCANNED)
  while (pos < end && octets[pos] !== CR && octets[pos] !== LF) {
    if (isReceived(octets, pos)) hops += 1
    const lf = octets.indexOf(LF, pos)
    if (lf < 0) return hops
    pos = lf + 1
  }
  return hops
}

/** `Received` and a colon, white space between them allowed (RFC 5322 §4.5). */
function isReceived(octets: Buffer, pos: number): boolean {
  return /^received[ \t]*:/i.test(octets.toString('latin1', pos, pos + 24))
}
