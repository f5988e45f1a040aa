/** One `resinfo` of an Authentication-Results field (RFC 8601 §2.2): lower case, but for values. */
export interface ResultInfo {
  readonly method: string
  readonly result: string
  /** By `ptype.property`; of a property that stands twice the first. */
  readonly properties: ReadonlyMap<string, string>
}

/** What an Authentication-Results payload says. */
export interface ResultsPayload {
  readonly authservId: string
  readonly results: readonly ResultInfo[]
}

interface Token {
  readonly kind: 'word' | 'quoted' | 'mark'
  readonly text: string
}

/**
 * Reads a payload: `authserv-id [version] 1*(";" method=result …)`. Undefined where it has no authserv-id; what cannot be read
 * further on is passed over, up to the next semicolon.
 */
export function readResults(text: string): ResultsPayload | undefined {
  const [head, ...infos] = splitAt(tokens(text), ';')
  const id = head?.[0]
  if (id === undefined || id.kind === 'mark') return undefined
  const results = infos.map(readInfo).filter((info) => info !== undefined)
  return { authservId: id.text, results }
}

/** The words, quoted strings and marks of a structured field; comments and white space gone. Linear in its length. */
export function tokens(text: string): readonly Token[] {
  const found: Token[] = []
  let at = 0
  while (at < text.length) {
    const character = text.charAt(at)
    if (character === '(') at = commentEnd(text, at)
    else if (character === '"') {
      const quoted = readQuoted(text, at)
      found.push({ kind: 'quoted', text: quoted.text })
      at = quoted.end
    } else if (marks.has(character)) {
      found.push({ kind: 'mark', text: character })
      at += 1
    } else if (blanks.has(character)) at += 1
    else {
      const end = wordEnd(text, at)
      found.push({ kind: 'word', text: text.slice(at, end) })
      at = end
    }
  }
  return found
}

const marks: ReadonlySet<string> = new Set([';', '=', '/'])
const blanks: ReadonlySet<string> = new Set([' ', '\t', '\r', '\n'])

/** `method [ "/" version ] "=" result`, then `reason "=" value` and `ptype.property "=" pvalue`. */
function readInfo(parts: readonly Token[]): ResultInfo | undefined {
  const info = joinedAtDots(parts)
  const [method] = info
  const equals = info[1]?.text === '/' ? 3 : 1
  const result = info[equals + 1]
  if (method?.kind !== 'word' || !isMark(info[equals], '=') || result?.kind !== 'word')
    return undefined
  const properties = new Map<string, string>()
  for (let at = equals + 2; at + 2 < info.length; at += 1) {
    const [name, mark, value] = info.slice(at, at + 3)
    if (name?.kind !== 'word' || !isMark(mark, '=') || value === undefined) continue
    const key = name.text.toLowerCase()
    if (!properties.has(key)) properties.set(key, value.text)
  }
  return { method: method.text.toLowerCase(), result: result.text.toLowerCase(), properties }
}

function isMark(token: Token | undefined, mark: string): boolean {
  return token?.kind === 'mark' && token.text === mark
}

/** `ptype [CFWS] "." [CFWS] property`: white space and comments may stand around the dot. */
function joinedAtDots(parts: readonly Token[]): readonly Token[] {
  const joined: Token[] = []
  for (const part of parts) {
    const last = joined.at(-1)
    const isWords = part.kind === 'word' && last?.kind === 'word'
    if (last !== undefined && isWords && (last.text.endsWith('.') || part.text.startsWith('.')))
      joined[joined.length - 1] = { kind: 'word', text: last.text + part.text }
    else joined.push(part)
  }
  return joined
}

function splitAt(all: readonly Token[], mark: string): readonly (readonly Token[])[] {
  const groups: Token[][] = [[]]
  for (const token of all) {
    if (token.kind === 'mark' && token.text === mark) groups.push([])
    else groups.at(-1)?.push(token)
  }
  return groups
}

/** Behind a comment (RFC 5322 §3.2.2), nested ones in it; the end where it is not closed. */
function commentEnd(text: string, start: number): number {
  let depth = 0
  for (let at = start; at < text.length; at += 1) {
    const character = text.charAt(at)
    if (character === '\\') at += 1
    else if (character === '(') depth += 1
    else if (character === ')') depth -= 1
    if (depth === 0) return at + 1
  }
  return text.length
}

function readQuoted(text: string, start: number): { readonly text: string; readonly end: number } {
  const characters: string[] = []
  let at = start + 1
  for (; at < text.length && text.charAt(at) !== '"'; at += 1) {
    if (text.charAt(at) === '\\') at += 1
    characters.push(text.charAt(at))
  }
  return { text: characters.join(''), end: at + 1 }
}

function wordEnd(text: string, start: number): number {
  let at = start
  while (at < text.length && !stops.has(text.charAt(at))) at += 1
  return at
}

const stops: ReadonlySet<string> = new Set([...marks, ...blanks, '(', '"'])
