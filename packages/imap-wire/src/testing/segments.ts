import { Cursor, type CursorOptions } from '../cursor.ts'
import { literalMarker, type Segment } from '../segment.ts'

/** Cut a command's octets as line-server does: at each literal. The last CRLF may be absent. */
export function segmentsOf(command: Buffer | string): Segment[] {
  const octets = typeof command === 'string' ? Buffer.from(command, 'utf8') : command
  const segments: Segment[] = []
  let at = 0
  for (;;) {
    const crlf = octets.indexOf('\r\n', at)
    const end = crlf < 0 ? octets.length : crlf
    const line = octets.subarray(at, end)
    segments.push({ kind: 'line', octets: line })
    const marker = literalMarker(line)
    if (crlf < 0 || marker === undefined || crlf + 2 + marker.octets > octets.length)
      return segments
    at = crlf + 2 + marker.octets
    segments.push({ kind: 'literal', octets: octets.subarray(crlf + 2, at) })
  }
}

/** A cursor over a command as a client would send it. */
export function cursorOn(command: Buffer | string, options?: CursorOptions): Cursor {
  return new Cursor(segmentsOf(command), options)
}

/** Parse all of a text with this parser; nothing may be left. */
export function parseAll<T>(text: Buffer | string, parser: (c: Cursor) => T, utf8 = false): T {
  const cursor = cursorOn(text, { utf8 })
  const value = parser(cursor)
  if (!cursor.isAtEnd()) cursor.fail('the parser did not read everything')
  return value
}
