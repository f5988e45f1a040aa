/** A piece of a macro-string (RFC 7208 §7.1). */
export type MacroPiece =
  | { readonly kind: 'text'; readonly text: string }
  | {
      readonly kind: 'macro'
      readonly letter: string
      /** Upper case letters are escaped as in a URL (§7.3). */
      readonly isEscaped: boolean
      /** Parts kept, from the right; undefined: all. */
      readonly keep: number | undefined
      readonly isReversed: boolean
      readonly delimiters: string
    }

const macro = /^%\{([slodiphcrtv])(\d*)(r?)([-.+,/_=]*)\}/i
const literal = /^[\x21-\x24\x26-\x7e]+/
const escapes: ReadonlyMap<string, string> = new Map([
  ['%%', '%'],
  ['%_', ' '],
  ['%-', '%20'],
])

/**
 * Reads a `macro-string`, or an `explain-string` (spaces too, and the letters c, r and t). Undefined where it is none.
 */
export function parseMacroString(
  text: string,
  where: 'domain' | 'explanation',
): readonly MacroPiece[] | undefined {
  const pieces: MacroPiece[] = []
  let rest = text
  while (rest !== '') {
    const next = nextPiece(rest, where)
    if (next === undefined) return undefined
    pieces.push(next.piece)
    rest = rest.slice(next.length)
  }
  return pieces
}

/** Reads a `domain-spec = macro-string domain-end` (§7.1). */
export function parseDomainSpec(text: string): readonly MacroPiece[] | undefined {
  const pieces = parseMacroString(text, 'domain')
  if (pieces === undefined || pieces.length === 0) return undefined
  // domain-end = ( "." toplabel [ "." ] ) / macro-expand
  return endsInMacro.test(text) || topLabelEnd.test(text) ? pieces : undefined
}

const endsInMacro = /(?:%\{[^}]*\}|%[%_-])$/
/** `toplabel`: letters, digits and inner hyphens, not digits alone. */
const topLabelEnd = /\.(?=[a-z0-9-]*[a-z-])[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.?$/i

function nextPiece(
  rest: string,
  where: 'domain' | 'explanation',
): { piece: MacroPiece; length: number } | undefined {
  const found = macro.exec(rest)
  if (found !== null) return macroPiece(found, where)
  const plain =
    literal.exec(rest)?.[0] ?? (where === 'explanation' ? /^ +/.exec(rest)?.[0] : undefined)
  if (plain !== undefined) return { piece: { kind: 'text', text: plain }, length: plain.length }
  const escape = escapes.get(rest.slice(0, 2))
  return escape === undefined ? undefined : { piece: { kind: 'text', text: escape }, length: 2 }
}

function macroPiece(found: RegExpExecArray, where: 'domain' | 'explanation') {
  const [whole, written = '', digits = '', reverse = '', delimiters = ''] = found
  const letter = written.toLowerCase()
  // "c", "r", "t" are for explanations only (§7.2); DIGIT is not zero (§7.3).
  if (where === 'domain' && 'crt'.includes(letter)) return undefined
  if (digits !== '' && Number(digits) === 0) return undefined
  const piece: MacroPiece = {
    kind: 'macro',
    letter,
    isEscaped: written !== letter,
    keep: digits === '' ? undefined : Number(digits),
    isReversed: reverse !== '',
    delimiters: delimiters === '' ? '.' : delimiters,
  }
  return { piece, length: whole.length }
}
