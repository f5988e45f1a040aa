/** Values bound so far. Octets are kept as latin1 text: one character per octet. */
export type Variables = Map<string, string>

/** The octets of a transcript's text: variables, then escapes; other characters are UTF-8. */
export function octetsOf(text: string, variables: Variables): Buffer {
  return Buffer.from(latin1Of(text, variables), 'latin1')
}

/** The same as latin1 text, the form in which received lines are compared. */
export function latin1Of(text: string, variables: Variables): string {
  return splitVariables(text)
    .map((part) =>
      part.kind === 'variable' ? valueOf(part.text, variables) : unescape(asLatin1(part.text)),
    )
    .join('')
}

/**
 * A regular expression over a whole received line; variables in it stand for themselves.
 *
 * @throws SyntaxError when it is none.
 */
export function regexOf(text: string, variables: Variables): RegExp {
  const source = splitVariables(text)
    .map((part) =>
      part.kind === 'variable' ? literally(valueOf(part.text, variables)) : asLatin1(part.text),
    )
    .join('')
  return new RegExp(`^(?:${source})$`, 's')
}

/** A text as a regular expression for itself. */
function literally(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`)
}

interface Part {
  readonly kind: 'text' | 'variable'
  readonly text: string
}

function splitVariables(text: string): Part[] {
  const parts: Part[] = []
  let at = 0
  for (const match of text.matchAll(/\$\{([^}]*)\}/g)) {
    parts.push({ kind: 'text', text: text.slice(at, match.index) })
    parts.push({ kind: 'variable', text: match[1] ?? '' })
    at = match.index + match[0].length
  }
  parts.push({ kind: 'text', text: text.slice(at) })
  return parts
}

function valueOf(expression: string, variables: Variables): string {
  const match = /^(?:'([^']*)'|([\w-]+))(?:\.(size|base64)|\*(\d+)|)$/.exec(expression)
  if (match === null) throw new Error(`\${${expression}} is not a variable`)
  const [, literal, name = '', suffix, times] = match
  const value = literal === undefined ? variables.get(name) : unescape(asLatin1(literal))
  if (value === undefined) {
    throw new Error(`\${${name}} is not bound; there is ${[...variables.keys()].join(', ')}`)
  }
  if (times !== undefined) return value.repeat(Number(times))
  if (suffix === 'size') return String(value.length)
  if (suffix === 'base64') return Buffer.from(value, 'latin1').toString('base64')
  return value
}

function asLatin1(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1')
}

const plainEscapes: Readonly<Record<string, string>> = {
  r: '\r',
  n: '\n',
  t: '\t',
  '0': '\0',
  '\\': '\\',
}

function unescape(text: string): string {
  return text.replaceAll(/\\(?:x([0-9a-fA-F]{2})|([rnt0\\]))/g, (_, hex?: string, plain?: string) =>
    hex === undefined
      ? (plainEscapes[plain ?? ''] ?? '')
      : String.fromCharCode(Number.parseInt(hex, 16)),
  )
}

/** Received octets as a transcript would write them, for failure texts. */
export function show(latin1: string): string {
  const text = Buffer.from(latin1, 'latin1').toString('utf8')
  const readable = text.includes('\uFFFD') ? latin1 : text
  const escaped = Array.from(readable, showCharacter).join('')
  return escaped.length > 300 ? `${escaped.slice(0, 300)}… (${latin1.length} octets)` : escaped
}

function showCharacter(character: string): string {
  const code = character.codePointAt(0) ?? 0
  if (code >= 0x20 && code !== 0x7f && !(code >= 0x80 && code < 0xa0)) return character
  const named = Object.entries(plainEscapes).find(([, value]) => value === character)
  return named === undefined ? `\\x${code.toString(16).padStart(2, '0')}` : `\\${named[0]}`
}
