import { setImmediate } from 'node:timers/promises'

/** Octets that are worked on before others get their turn. */
const sliceBytes = 256 * 1024

/** Whether every CR and every LF is part of a CRLF. */
export function hasCleanLines(octets: Buffer): boolean {
  for (let at = octets.indexOf(LF); at >= 0; at = octets.indexOf(LF, at + 1)) {
    if (at === 0 || octets[at - 1] !== CR) return false
  }
  for (let at = octets.indexOf(CR); at >= 0; at = octets.indexOf(CR, at + 1)) {
    if (octets[at + 1] !== LF) return false
  }
  return true
}

/**
 * A message as it goes over the wire: every CR and every LF by itself becomes CRLF (RFC 6376 §5.3, RFC 5321 §2.3.8). Such mail
 * is refused at every door, so this is for what was queued before a door learnt that.
 */
export async function wireForm(octets: Buffer): Promise<Buffer> {
  const pieces: Buffer[] = []
  for (let start = 0; start < octets.length; start += sliceBytes) {
    if (start > 0) await setImmediate()
    pieces.push(...cleanSlice(octets, start, Math.min(octets.length, start + sliceBytes)))
  }
  return Buffer.concat(pieces)
}

function cleanSlice(octets: Buffer, start: number, end: number): readonly Buffer[] {
  const pieces: Buffer[] = []
  let from = start
  for (let at = start; at < end; at += 1) {
    const isBareCr = octets[at] === CR && octets[at + 1] !== LF
    const isBareLf = octets[at] === LF && (at === 0 || octets[at - 1] !== CR)
    if (!isBareCr && !isBareLf) continue
    pieces.push(octets.subarray(from, at), lineEnd)
    from = at + 1
  }
  pieces.push(octets.subarray(from, end))
  return pieces
}

const lineEnd = Buffer.from('\r\n')
const LF = 10
const CR = 13
