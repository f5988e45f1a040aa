import type { Budget } from './budget.ts'

/** The files of a tar archive (POSIX ustar, GNU and pax names as far as they fit the header). Nothing is copied. */
export function* tarEntries(
  octets: Buffer,
  budget: Budget,
): Generator<{ readonly name: string; readonly content: Buffer }> {
  let at = 0
  while (at + BLOCK <= octets.length && octets[at] !== 0) {
    budget.entry()
    const size = Number.parseInt(
      octets.toString('latin1', at + 124, at + 136).replace(/[\0\s]+$/, ''),
      8,
    )
    // A size in another notation, or none: what follows cannot be found.
    if (!Number.isSafeInteger(size) || size < 0) return
    const name = textAt(octets, at, 100)
    const prefix = textAt(octets, at + 345, 155)
    const start = at + BLOCK
    yield {
      name: prefix === '' ? name : `${prefix}/${name}`,
      content: octets.subarray(start, start + size),
    }
    at = start + Math.ceil(size / BLOCK) * BLOCK
  }
}

function textAt(octets: Buffer, from: number, length: number): string {
  return octets.toString('utf8', from, from + length).split('\0', 1)[0] ?? ''
}

const BLOCK = 512
