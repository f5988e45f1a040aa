/**
 * A text's sort key under i;unicode-casemap (RFC 5051 §2): title case, compatibility decomposition, and the octets of
 * UTF-8, one character each: so that comparing keys compares octets. RFC 5256 §1 asks for this collation.
 */
export function collationKey(text: string): string {
  if (ascii.test(text)) return text.toUpperCase()
  let titled = ''
  for (const character of text) titled += titleCase(character)
  return Buffer.from(titled.normalize('NFKD'), 'utf8').toString('latin1')
}

// oxlint-disable-next-line no-control-regex -- all of ASCII is meant
const ascii = /^[\x00-\x7f]*$/

/** The simple title case mapping: one character for one. */
function titleCase(character: string): string {
  const code = character.codePointAt(0) ?? 0
  const digraph = digraphs.get(code)
  if (digraph !== undefined) return String.fromCodePoint(digraph)
  // Greek letters with iota below: their upper case is two letters, their title case one.
  if (code >= 0x1f80 && code <= 0x1faf) return String.fromCodePoint(code | 8)
  const upper = character.toUpperCase()
  return upper.length === character.length ? upper : character
}

/** Letters whose title case is not their upper case. */
const digraphs: ReadonlyMap<number, number> = new Map([
  ...[0x1c4, 0x1c5, 0x1c6].map((code) => [code, 0x1c5] as const),
  ...[0x1c7, 0x1c8, 0x1c9].map((code) => [code, 0x1c8] as const),
  ...[0x1ca, 0x1cb, 0x1cc].map((code) => [code, 0x1cb] as const),
  ...[0x1f1, 0x1f2, 0x1f3].map((code) => [code, 0x1f2] as const),
  [0x1fb3, 0x1fbc],
  [0x1fc3, 0x1fcc],
  [0x1ff3, 0x1ffc],
])
