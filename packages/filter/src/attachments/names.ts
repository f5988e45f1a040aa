import { decodeCharset, decodeWords, type MimePart, type Param } from '@posthouse/message'

/**
 * All names that some reader may show for a part, at most {@link MAX_NAMES}: `filename` and `name`, plain (RFC 2183 §2.3,
 * 2045), with encoded words inside (against RFC 2047 §5, and everywhere), and extended or in pieces (RFC 2231 §3, §4). Readers
 * choose differently among them, so all are judged.
 */
export function namesOf(part: MimePart): readonly string[] {
  const names = new Set<string>()
  for (const params of [part.disposition?.params ?? [], part.params]) {
    for (const wanted of ['filename', 'name']) {
      for (const name of readings(params, wanted))
        if (name !== '') names.add(name.slice(0, MAX_NAME))
    }
  }
  return [...names].slice(0, MAX_NAMES)
}

function* readings(params: readonly Param[], wanted: string): Generator<string> {
  const pieces: { readonly at: number; readonly isCoded: boolean; readonly value: string }[] = []
  for (const { name, value } of params) {
    const lower = name.toLowerCase()
    if (lower === wanted) {
      yield decodeWords(value)
      if (value.includes('%')) yield percentDecoded(value)
    } else if (lower === `${wanted}*`) yield extended(value)
    else if (lower.startsWith(`${wanted}*`)) {
      const piece = PIECE.exec(lower.slice(wanted.length))
      if (piece !== null) pieces.push({ at: Number(piece[1]), isCoded: piece[2] === '*', value })
    }
  }
  if (pieces.length === 0) return
  const ordered = pieces.toSorted((a, b) => a.at - b.at)
  const whole = ordered.map(({ value }) => value).join('')
  yield ordered.some(({ isCoded }) => isCoded) ? extended(whole) : decodeWords(whole)
}

/** `charset'language'percent-encoded` (RFC 2231 §4). */
function extended(value: string): string {
  const [, charset = '', text = value] = /^([^']{0,64})'[^']{0,64}'(.*)$/s.exec(value) ?? []
  return decodeCharset(octetsOf(text), charset)
}

function percentDecoded(value: string): string {
  return decodeCharset(octetsOf(value), '')
}

function octetsOf(text: string): Buffer {
  const octets = text.replace(/%([0-9a-f]{2})/gi, (_, hex: string) =>
    String.fromCharCode(parseInt(hex, 16)),
  )
  return Buffer.from(octets, 'latin1')
}

const PIECE = /^\*(\d{1,3})(\*?)$/
const MAX_NAMES = 8
const MAX_NAME = 1_024
