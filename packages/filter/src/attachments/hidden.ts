import type { Specimen } from './inspect.ts'

/** Whether a program in base64 begins a line anywhere in a message, parts or no parts. */
export function holdsProgram(octets: Buffer): boolean {
  return PROGRAMS.some((mark) => octets.includes(mark, 0, 'latin1'))
}

/** Files that stand uuencoded in a message, which some mail programs show as attachments; at most so many. */
export function* uuencoded(octets: Buffer): Generator<Specimen> {
  let at = octets.indexOf('\nbegin ')
  for (let i = 0; at >= 0 && i < MAX_FILES; i += 1) {
    const [line, name] = BEGIN.exec(octets.toString('latin1', at, at + MAX_LINE)) ?? []
    if (line !== undefined && name !== undefined) {
      const start = at + line.length
      const end = octets.indexOf('\nend', start - 1)
      const content = uudecoded(
        octets.toString(
          'latin1',
          start,
          Math.min(end < 0 ? octets.length : end, start + MAX_ENCODED),
        ),
      )
      yield { names: [name.trim()], head: content, whole: () => content, depth: 0 }
    }
    at = octets.indexOf('\nbegin ', at + 7)
  }
}

/** Lines of a length and groups of four characters, six bits each. */
function uudecoded(text: string): Buffer {
  const pieces: number[] = []
  for (const line of text.split(/\r?\n/)) {
    const length = sixBits(line, 0)
    for (let i = 1, left = length; left > 0 && i + 3 < line.length + 3; i += 4, left -= 3) {
      const bits =
        (sixBits(line, i) << 18) |
        (sixBits(line, i + 1) << 12) |
        (sixBits(line, i + 2) << 6) |
        sixBits(line, i + 3)
      pieces.push(...[bits >> 16, (bits >> 8) & 255, bits & 255].slice(0, left))
    }
  }
  return Buffer.from(pieces)
}

function sixBits(line: string, at: number): number {
  return at < line.length ? (line.charCodeAt(at) - 32) & 63 : 0
}

/** How the header of a Windows program reads in base64, with the lengths that linkers write. */
const PROGRAMS = [
  '\nTVqQAAMAAAAEAAAA',
  '\nTVpQAAIAAAAEAA8A',
  '\nTVoAAAAAAAAAAAAA',
  '\nTVpAAAEAAAACAAAA',
] as const
const BEGIN = /^\nbegin [0-7]{3,4} ([^\r\n]{1,200})\r?\n/
const MAX_FILES = 20
const MAX_LINE = 300
const MAX_ENCODED = 4 * 1024 * 1024
