/** Where a field ends: behind its last continuation line (RFC 5322 §2.2.3). */
export function fieldEnd(octets: Buffer, start: number, limit: number): number {
  let at = start
  do at = lineEnd(octets, at, limit)
  while (at < limit && (octets[at] === SPACE || octets[at] === TAB))
  return at
}

/** Where the first colon of a field stands; -1 where its first line has none, and it is no field. */
export function fieldColon(octets: Buffer, start: number, end: number): number {
  for (let at = start; at < end; at += 1) {
    if (octets[at] === COLON) return at
    if (octets[at] === LF) return -1
  }
  return -1
}

/** Where the name before this colon ends; `start` where there is none. */
export function fieldNameEnd(octets: Buffer, start: number, colon: number): number {
  let end = colon
  while (end > start && isBlankOctet(octets[end - 1] ?? 0)) end -= 1
  return end - start > 5 && isMboxLine(octets, start) ? start : end
}

/** Where a header's empty line begins; its end where it has none. */
export function emptyLineStart(octets: Buffer, start: number, end: number): number {
  if (octets[end - 1] !== LF || end <= start) return end
  const isCrlf = end - 2 >= start && octets[end - 2] === CR
  const line = end - (isCrlf ? 2 : 1)
  return line === start || octets[line - 1] === LF ? line : end
}

/** Space, tab, CR or LF. */
export function isBlankOctet(octet: number): boolean {
  return octet === SPACE || octet === TAB || octet === CR || octet === LF
}

/** A short line is found sooner by hand than by a call. */
const shortLine = 128

function lineEnd(octets: Buffer, start: number, limit: number): number {
  const near = Math.min(limit, start + shortLine)
  let at = start
  while (at < near && octets[at] !== LF) at += 1
  if (at < near) return at + 1
  const feed = octets.indexOf(LF, at)
  return feed < 0 || feed >= limit ? limit : feed + 1
}

/** QUIRK: mail files begin with `From user Sat Jan  1 00:00:00 2000`, which has colons. */
function isMboxLine(octets: Buffer, start: number): boolean {
  for (let i = 0; i < mboxStart.length; i += 1) if (octets[start + i] !== mboxStart[i]) return false
  return true
}

const mboxStart = Buffer.from('From ')
const TAB = 9
const LF = 10
const CR = 13
const SPACE = 32
const COLON = 58
