const DOT = 0x2e
const CR = 0x0d
const LF = 0x0a

/** Octets held back at the end, so that the terminator never travels apart from what is before it. */
const tailBytes = 512

/**
 * A message as the body of a multi-line reply (RFC 1939 §3): a dot in front of each line that
 * begins with one, and the terminator. Lines end at CRLF, as the RFC has it: a bare LF inside a
 * message is content, and stuffing behind it would change the message for whoever reads by the
 * letter.
 *
 * QUIRK: the last line and `.` CRLF are one piece. Clients fail when CRLF.CRLF comes in two
 * segments (Thunderbird, Cyrus issue 4717).
 */
export async function* stuffed(
  message: Iterable<Buffer> | AsyncIterable<Buffer>,
): AsyncGenerator<Buffer> {
  // At the beginning a line begins.
  let end: LineEnd = 'crlf'
  let held: Buffer = Buffer.alloc(0)
  for await (const piece of message) {
    if (piece.length === 0) continue
    const octets = stuff(piece, end)
    end = lineEnd(piece, end)
    if (held.length > 0) yield held
    yield octets.subarray(0, Math.max(0, octets.length - tailBytes))
    held = octets.subarray(Math.max(0, octets.length - tailBytes))
  }
  yield Buffer.concat([held, terminatorAfter(end)])
}

/** The same for a message that is whole in memory: one piece, or two of which the second is short. */
export function stuffedWhole(message: Buffer): readonly Buffer[] {
  const octets = stuff(message, 'crlf')
  const end = message.length === 0 ? 'crlf' : lineEnd(message, 'crlf')
  const from = Math.max(0, octets.length - tailBytes)
  const tail = Buffer.concat([octets.subarray(from), terminatorAfter(end)])
  return from === 0 ? [tail] : [octets.subarray(0, from), tail]
}

const terminator = Buffer.from('.\r\n')
const terminatorOnNewLine = Buffer.from('\r\n.\r\n')

function terminatorAfter(end: LineEnd): Buffer {
  return end === 'crlf' ? terminator : terminatorOnNewLine
}

/** How the octets so far end. */
type LineEnd = 'crlf' | 'cr' | 'other'

function lineEnd(piece: Buffer, before: LineEnd): LineEnd {
  const last = piece.at(-1)
  if (last === CR) return 'cr'
  if (last !== LF) return 'other'
  const isAfterCr = piece.length > 1 ? piece.at(-2) === CR : before === 'cr'
  return isAfterCr ? 'crlf' : 'other'
}

function stuff(piece: Buffer, before: LineEnd): Buffer {
  const dots = lineDots(piece, before)
  if (dots.length === 0) return piece
  const octets = Buffer.allocUnsafe(piece.length + dots.length)
  let from = 0
  let to = 0
  for (const at of dots) {
    to += piece.copy(octets, to, from, at)
    octets[to++] = DOT
    from = at
  }
  piece.copy(octets, to, from)
  return octets
}

/** Where dots stand at the beginning of a line. */
function lineDots(piece: Buffer, before: LineEnd): number[] {
  const dots: number[] = []
  if (before === 'crlf' && piece[0] === DOT) dots.push(0)
  if (before === 'cr' && piece[0] === LF && piece[1] === DOT) dots.push(1)
  for (let at = piece.indexOf('\r\n.'); at !== -1; at = piece.indexOf('\r\n.', at + 3)) {
    dots.push(at + 2)
  }
  return dots
}
