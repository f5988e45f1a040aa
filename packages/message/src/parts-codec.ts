import type { PartNode } from './part.ts'

/**
 * Packs where the parts of a message stand: per part six varints (gap to the header, header length,
 * gap to the body, body length, lines, number of children * 2 + has a message), depth first.
 * A message of one part takes about ten octets.
 */
export function encodeParts(root: PartNode): Buffer {
  const octets: number[] = [VERSION]
  write(root, 0, octets)
  return Buffer.from(octets)
}

/** Undoes `encodeParts`. Throws a RangeError on anything it did not write. */
export function decodeParts(packed: Buffer): PartNode {
  if (packed[0] !== VERSION) throw new RangeError('Part offsets of an unknown version')
  const reader = { packed, pos: 1 }
  const root = read(reader, 0)
  if (reader.pos !== packed.length) throw new RangeError('Part offsets with something after them')
  return root
}

function write(part: PartNode, base: number, octets: number[]): void {
  const { header, body } = part
  pushVarint(header.start - base, octets)
  pushVarint(header.end - header.start, octets)
  pushVarint(body.start - header.end, octets)
  pushVarint(body.end - body.start, octets)
  pushVarint(part.lines, octets)
  pushVarint(part.children.length * 2 + (part.message === undefined ? 0 : 1), octets)
  // A part stands inside its parent's body, so its offsets count from there.
  for (const child of part.children) write(child, body.start, octets)
  if (part.message !== undefined) write(part.message, body.start, octets)
}

interface Reader {
  readonly packed: Buffer
  pos: number
}

function read(reader: Reader, base: number): PartNode {
  const headerStart = base + takeVarint(reader)
  const headerEnd = headerStart + takeVarint(reader)
  const bodyStart = headerEnd + takeVarint(reader)
  const bodyEnd = bodyStart + takeVarint(reader)
  const lines = takeVarint(reader)
  const inside = takeVarint(reader)
  const children: PartNode[] = []
  for (let left = inside >> 1; left > 0; left -= 1) children.push(read(reader, bodyStart))
  const part = {
    header: { start: headerStart, end: headerEnd },
    body: { start: bodyStart, end: bodyEnd },
    lines,
    children,
  }
  return (inside & 1) === 0 ? part : { ...part, message: read(reader, bodyStart) }
}

function pushVarint(value: number, octets: number[]): void {
  let rest = value
  while (rest > 127) {
    octets.push((rest & 127) | 128)
    rest >>>= 7
  }
  octets.push(rest)
}

function takeVarint(reader: Reader): number {
  let value = 0
  for (let shift = 0; shift < 35; shift += 7) {
    const octet = reader.packed[reader.pos]
    if (octet === undefined) break
    reader.pos += 1
    value += (octet & 127) * 2 ** shift
    if (octet < 128) return value
  }
  throw new RangeError('Part offsets cut short')
}

const VERSION = 1
