/**
 * The line feeds in a range. Four octets at a time: `buffer.indexOf` per line costs more than the
 * line, and a loop over single octets was three times slower than this.
 */
export function countFeeds(octets: Buffer, start: number, end: number): number {
  let count = 0
  let at = start
  const aligned = end - start < 64 ? end : start + ((4 - ((octets.byteOffset + start) & 3)) & 3)
  for (; at < aligned; at += 1) if (octets[at] === LF) count += 1
  const length = (end - at) >> 2
  if (length > 0) {
    count += countInWords(new Uint32Array(octets.buffer, octets.byteOffset + at, length))
    at += length * 4
  }
  for (; at < end; at += 1) if (octets[at] === LF) count += 1
  return count
}

/**
 * An octet of `word ^ FEEDS` is zero where a line feed stood; the usual carry trick leaves 0x80 in
 * exactly those octets of `zeros`.
 */
function countInWords(words: Uint32Array): number {
  let count = 0
  for (let at = 0; at < words.length; at += 1) {
    const word = (words[at] ?? 0) ^ FEEDS
    const zeros = ~(((word & LOW) + LOW) | word | LOW)
    if (zeros === 0) continue
    count += ((zeros >>> 7) & 1) + ((zeros >>> 15) & 1) + ((zeros >>> 23) & 1) + (zeros >>> 31)
  }
  return count
}

const LF = 10
const FEEDS = 0x0a0a0a0a
const LOW = 0x7f7f7f7f
