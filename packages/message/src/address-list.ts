import { FieldLexer } from './field-lexer.ts'
import { MAX_ADDRESSES } from './limits.ts'

/**
 * One element of an address field as ENVELOPE shows it (RFC 3501 §7.4.2). Strings hold octets;
 * quoting is removed, encoded words are left.
 */
export type AddressEntry =
  | {
      readonly kind: 'mailbox'
      readonly name: string | undefined
      /** `@a,@b` of an obsolete `<@a,@b:local@domain>` (RFC 5322 §4.4). */
      readonly route: string | undefined
      readonly local: string | undefined
      readonly domain: string | undefined
    }
  | { readonly kind: 'group'; readonly name: string }
  | { readonly kind: 'group-end' }

/**
 * Reads any address field (RFC 5322 §3.4, §4.4) and makes the best of what is not one: missing
 * commas, unquoted `@` and dots in names, a bare name, a missing `>`. Linear, never throws; more
 * than 4,096 entries are left out. Not for decisions about who somebody is: see
 * `parseMailboxListStrict`.
 */
export function parseAddressEntries(value: string): readonly AddressEntry[] {
  return new AddressReader(value).read()
}

class AddressReader {
  readonly #lexer: FieldLexer
  readonly #entries: AddressEntry[] = []
  #isInGroup = false

  constructor(value: string) {
    this.#lexer = new FieldLexer(value)
  }

  read(): readonly AddressEntry[] {
    const lexer = this.#lexer
    for (;;) {
      lexer.skipCfws()
      if (lexer.atEnd || this.#entries.length >= MAX_ADDRESSES) break
      if (lexer.take(';')) this.#endGroup()
      else if (!lexer.take(',')) this.#element()
    }
    this.#endGroup()
    return this.#entries
  }

  #element(): void {
    const lexer = this.#lexer
    lexer.comment = undefined
    const words = this.#words()
    const next = lexer.peek()
    if (next === '<') this.#angle(phrase(words))
    else if (next === '@') this.#spec(words)
    else if (next === ':') this.#beginGroup(words)
    else if (words.length > 0) this.#bare(words)
    else lexer.pos += 1
  }

  /** A run of words: atoms (with dots and stray specials), quoted strings, encoded words. */
  #words(): string[] {
    const lexer = this.#lexer
    const words: string[] = []
    for (;;) {
      lexer.skipCfws()
      if (lexer.peek() === '"') {
        words.push(lexer.takeQuoted())
        continue
      }
      const word = encodedWordAt(lexer) ?? lexer.takeWhile(isWordCharacter)
      if (word === '') return words
      words.push(word)
    }
  }

  #beginGroup(words: string[]): void {
    this.#lexer.pos += 1
    if (this.#isInGroup) this.#endGroup()
    this.#isInGroup = true
    this.#entries.push({ kind: 'group', name: phrase(words) ?? '' })
  }

  #endGroup(): void {
    if (this.#isInGroup) this.#entries.push({ kind: 'group-end' })
    this.#isInGroup = false
  }

  /** No address at all: a local user, or somebody's name. */
  #bare(words: string[]): void {
    const comment = this.#lexer.comment
    if (words.length === 1) this.#push(comment, undefined, words[0], undefined)
    else this.#push(phrase(words), undefined, undefined, undefined)
  }

  #spec(words: string[]): void {
    const lexer = this.#lexer
    lexer.pos += 1
    const { before, local: last } = splitLocalPart(words)
    const { local, domain } = this.#afterAt(last)
    // QUIRK: `ceo@bank.test <ada@example.test>`: what stands before the bracket is a name.
    if (lexer.peek() === '<') this.#angle(phrase([...before, `${local ?? ''}@${domain ?? ''}`]))
    else this.#push(phrase(before) ?? lexer.comment, undefined, local, domain)
  }

  #angle(name: string | undefined): void {
    const lexer = this.#lexer
    lexer.pos += 1
    lexer.skipCfws()
    const route = lexer.peek() === '@' ? this.#route() : undefined
    let words = this.#words()
    // QUIRK: `<mailto:ada@example.test>`.
    while (lexer.take(':')) words = this.#words()
    const { before, local: last } = splitLocalPart(words)
    const only = phrase(last === undefined ? before : [...before, last])
    const { local, domain } = lexer.take('@')
      ? this.#afterAt(only)
      : { local: only, domain: undefined }
    lexer.take('>')
    lexer.skipCfws()
    this.#push(name ?? lexer.comment, route, local, domain)
    this.#ignoreTrailingWords()
  }

  /** The domain; with more than one `@`, all but the last belong to the local part. */
  #afterAt(before: string | undefined): { local: string | undefined; domain: string | undefined } {
    const lexer = this.#lexer
    let local = before
    let domain = this.#domain()
    lexer.skipCfws()
    while (lexer.take('@')) {
      local = `${local ?? ''}@${domain ?? ''}`
      domain = this.#domain()
      lexer.skipCfws()
    }
    return { local, domain }
  }

  /** QUIRK: `<ada@example.test> Ada Lovelace`; words before a new address are its name, though. */
  #ignoreTrailingWords(): void {
    const lexer = this.#lexer
    const start = lexer.pos
    this.#words()
    const next = lexer.peek()
    if (next === '<' || next === '@' || next === ':') lexer.pos = start
  }

  /** `@a,@b:`; without its colon it is no route and nothing is passed. */
  #route(): string | undefined {
    const lexer = this.#lexer
    const start = lexer.pos
    const text = lexer.takeWhile((code) => code !== COLON && code !== GREATER)
    if (lexer.take(':')) return text.replace(/[ \t]/g, '')
    lexer.pos = start
    return undefined
  }

  #domain(): string | undefined {
    const lexer = this.#lexer
    const pieces: string[] = []
    for (;;) {
      lexer.skipCfws()
      const piece = lexer.takeWhile(isDomainCharacter)
      if (piece === '') break
      pieces.push(piece)
      // White space may stand around dots only (RFC 5322 §4.4); anything else begins a new element.
      lexer.skipCfws()
      if (!piece.endsWith('.') && lexer.peek() !== '.') break
    }
    return pieces.length === 0 ? undefined : pieces.join('')
  }

  #push(
    name: string | undefined,
    route: string | undefined,
    local: string | undefined,
    domain: string | undefined,
  ): void {
    this.#entries.push({ kind: 'mailbox', name, route, local, domain })
  }
}

/**
 * QUIRK: encoded words with `@`, `,` or `"` inside are illegal in a phrase (RFC 2047 §5) and common.
 */
function encodedWordAt(lexer: FieldLexer): string | undefined {
  if (lexer.peek() !== '=') return undefined
  ENCODED_WORD.lastIndex = lexer.pos
  const found = ENCODED_WORD.exec(lexer.text)
  if (found === null) return undefined
  lexer.pos += found[0].length
  return found[0]
}

/** `john . doe` before an `@` is one local part (RFC 5322 §4.4); words before it are a name. */
function splitLocalPart(words: string[]): { before: string[]; local: string | undefined } {
  let first = words.length - 1
  while (first > 0 && (words[first]?.startsWith('.') || words[first - 1]?.endsWith('.'))) first -= 1
  if (first < 0) return { before: [], local: undefined }
  return { before: words.slice(0, first), local: words.slice(first).join('') }
}

function phrase(words: readonly string[]): string | undefined {
  return words.length === 0 ? undefined : words.join(' ')
}

function isWordCharacter(code: number): boolean {
  return code > 32 && !STOPS.has(code)
}

function isDomainCharacter(code: number): boolean {
  return code > 32 && !STOPS.has(code)
}

const ENCODED_WORD = /=\?[^?\s]{1,64}\?[bBqQ]\?[^?\s]*\?=/y
const STOPS = new Set(Buffer.from('<>,;:@"('))
const COLON = 58
const GREATER = 62
