import type { Specimen } from './inspect.ts'

/**
 * What some reader or other could take for attachments of a message that can be taken apart in several ways: every block of
 * base64 and every file name in it, whatever parts they stand in. To be asked where a message is ambiguous: the parts that
 * one standard reading gives are looked at besides.
 */
export function* everyView(octets: Buffer): Generator<Specimen> {
  const looked = octets.subarray(0, MAX_LOOKED)
  for (const [, quoted, bare] of looked.toString('latin1').matchAll(NAME)) {
    yield { names: [quoted ?? bare ?? ''], head: EMPTY, whole: () => EMPTY, depth: 0 }
  }
  for (const block of base64Blocks(looked)) {
    const content = Buffer.from(block.toString('latin1'), 'base64')
    yield { names: [], head: content, whole: () => content, depth: 0 }
  }
}

/** Runs of lines of base64; a run may be one line, and ends with a line of anything else. */
function* base64Blocks(octets: Buffer): Generator<Buffer> {
  let count = 0
  let start = -1
  for (let at = 0; at < octets.length && count < MAX_BLOCKS;) {
    const feed = octets.indexOf(LF, at)
    const end = feed < 0 ? octets.length : feed
    const isCode = isBase64(octets, at, end)
    if (isCode && start < 0) start = at
    if (start >= 0 && (!isCode || feed < 0)) {
      const block = octets.subarray(start, isCode ? end : at)
      start = -1
      if (block.length >= MIN_BLOCK) {
        count += 1
        yield block
      }
    }
    at = end + 1
  }
}

/** A line of nothing but base64, with at least one group. */
function isBase64(octets: Buffer, from: number, to: number): boolean {
  const end = octets[to - 1] === CR ? to - 1 : to
  if (end - from < 4) return false
  for (let at = from; at < end; at += 1) if (ALPHABET[octets[at] ?? 0] !== 1) return false
  return true
}

const EMPTY = Buffer.alloc(0)
const LF = 10
const CR = 13
const NAME =
  /\b(?:file)?name\*?(?:\d{1,2}\*?)?\s{0,5}=\s{0,5}(?:"([^"\r\n]{1,200})|([^\s";]{1,200}))/gi
/** A word on a line of its own is base64 too. */
const MIN_BLOCK = 40
const MAX_BLOCKS = 200
const MAX_LOOKED = 16 * 1024 * 1024
const ALPHABET = new Uint8Array(256)
for (const octet of Buffer.from(
  'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=',
)) {
  ALPHABET[octet] = 1
}
