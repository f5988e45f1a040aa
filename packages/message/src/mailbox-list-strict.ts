import { isUtf8 } from 'node:buffer'
import type { Mailbox } from './address.ts'
import { decodeWords } from './words.ts'

/** A field that is a mailbox-list by the letter, or is not. */
export type StrictMailboxes =
  | { readonly ok: true; readonly mailboxes: readonly Mailbox[] }
  | { readonly ok: false }

/**
 * Reads a `mailbox-list` (RFC 5322 §3.4, with UTF-8 as RFC 6532 §3.2 has it) by the letter, for
 * decisions about who wrote a message: what two parsers could read in two ways is malformed. Of
 * the obsolete forms of §4 only dots in a display name (`John Q. Public`) are taken; routes, empty
 * list elements, white space inside an address, controls, groups and bare CR or LF are not.
 * `raw` may be folded and end with its line end; a string is Unicode text.
 */
export function parseMailboxListStrict(raw: Buffer | string): StrictMailboxes {
  if (typeof raw !== 'string' && !isUtf8(raw)) return { ok: false }
  const text = (typeof raw === 'string' ? raw : raw.toString('utf8')).replace(/\r?\n$/, '')
  const reader = new StrictReader(text)
  const mailboxes: Mailbox[] = []
  do {
    const mailbox = reader.mailbox()
    if (mailbox === undefined) return { ok: false }
    mailboxes.push(mailbox)
  } while (reader.take(','))
  return reader.atEnd ? { ok: true, mailboxes } : { ok: false }
}

interface Word {
  readonly kind: 'atom' | 'quoted' | 'dot'
  readonly text: string
  /** Comments or white space stand before it. */
  readonly isApart: boolean
}

interface AddrSpec {
  readonly local: string
  readonly domain: string
}

/** Methods return undefined, or false, where the grammar is not met. */
class StrictReader {
  readonly #text: string
  #pos = 0

  constructor(text: string) {
    this.#text = text
  }

  get atEnd(): boolean {
    return this.#pos === this.#text.length
  }

  take(character: string): boolean {
    if (this.#text.charAt(this.#pos) !== character) return false
    this.#pos += 1
    return true
  }

  /** `mailbox = name-addr / addr-spec`, white space and comments around it included. */
  mailbox(): Mailbox | undefined {
    const words = this.#words()
    if (words === undefined) return undefined
    if (this.take('<')) return this.#nameAddr(words)
    const spec = this.#addrSpec(words)
    return spec === undefined || !this.#cfws() ? undefined : mailboxOf(undefined, spec)
  }

  #nameAddr(name: readonly Word[]): Mailbox | undefined {
    if (name[0]?.kind === 'dot') return undefined
    const words = this.#words()
    const spec = words === undefined ? undefined : this.#addrSpec(words)
    if (spec === undefined || !this.take('>') || !this.#cfws()) return undefined
    return mailboxOf(name.length === 0 ? undefined : displayName(name), spec)
  }

  /** The cursor stands on the `@` after the words of a local part. */
  #addrSpec(words: readonly Word[]): AddrSpec | undefined {
    const local = localPart(words)
    if (local === undefined || !this.take('@') || !this.#cfws()) return undefined
    const domain = this.#text.charAt(this.#pos) === '[' ? this.#literal() : this.#dotAtom()
    return domain === undefined || !this.#cfws() ? undefined : { local, domain }
  }

  #words(): readonly Word[] | undefined {
    const words: Word[] = []
    for (;;) {
      const before = this.#pos
      if (!this.#cfws()) return undefined
      const isApart = this.#pos > before
      const code = this.#text.charCodeAt(this.#pos)
      if (code === QUOTE) {
        const text = this.#quoted()
        if (text === undefined) return undefined
        words.push({ kind: 'quoted', text, isApart })
      } else if (this.take('.')) words.push({ kind: 'dot', text: '.', isApart })
      else if (isAtext(code)) words.push({ kind: 'atom', text: this.#run(isAtext), isApart })
      else return words
    }
  }

  #dotAtom(): string | undefined {
    const text = this.#run((code) => isAtext(code) || code === DOT)
    return DOT_ATOM.test(text) ? text : undefined
  }

  /** `domain-literal` (§3.4.1), without white space inside. */
  #literal(): string | undefined {
    const start = this.#pos
    this.#pos += 1
    this.#run((code) => code > 32 && code !== 127 && (code < 91 || code > 93))
    return this.take(']') ? this.#text.slice(start, this.#pos) : undefined
  }

  #quoted(): string | undefined {
    const characters: string[] = []
    this.#pos += 1
    for (;;) {
      const fold = this.#fws()
      if (fold === undefined) return undefined
      characters.push(
        fold,
        this.#run((code) => isVisible(code) && code !== QUOTE && code !== BACKSLASH),
      )
      if (this.take('"')) return characters.join('')
      const code = this.#text.charCodeAt(this.#pos)
      if (code === BACKSLASH) {
        const escaped = this.#escaped()
        if (escaped === undefined) return undefined
        characters.push(escaped)
      } else if (code !== SPACE && code !== TAB && code !== CR && code !== LF) return undefined
    }
  }

  /** `quoted-pair = "\" (VCHAR / WSP)`. */
  #escaped(): string | undefined {
    const code = this.#text.charCodeAt(this.#pos + 1)
    if (!isVisible(code) && code !== SPACE && code !== TAB) return undefined
    this.#pos += 2
    return this.#text.charAt(this.#pos - 1)
  }

  /** Comments and folding white space; false when one is broken. */
  #cfws(): boolean {
    for (;;) {
      if (this.#fws() === undefined) return false
      if (this.#text.charCodeAt(this.#pos) !== OPEN) return true
      if (!this.#comment()) return false
    }
  }

  #comment(): boolean {
    let depth = 0
    for (;;) {
      const code = this.#text.charCodeAt(this.#pos)
      if (code === BACKSLASH) {
        if (this.#escaped() === undefined) return false
        continue
      }
      if (code === OPEN) depth += 1
      else if (code === CLOSE) depth -= 1
      else if (code === SPACE || code === TAB || code === CR || code === LF) {
        if (this.#fws() === undefined) return false
        continue
      } else if (!isVisible(code)) return false
      this.#pos += 1
      if (depth === 0) return true
    }
  }

  /** Folding white space, unfolded; undefined when a line end is not followed by white space. */
  #fws(): string | undefined {
    const blanks: string[] = [this.#run(isWsp)]
    while (this.#text.charCodeAt(this.#pos) === CR || this.#text.charCodeAt(this.#pos) === LF) {
      this.take('\r')
      if (!this.take('\n')) return undefined
      const next = this.#run(isWsp)
      if (next === '') return undefined
      blanks.push(next)
    }
    return blanks.join('')
  }

  #run(accepts: (code: number) => boolean): string {
    const start = this.#pos
    while (this.#pos < this.#text.length && accepts(this.#text.charCodeAt(this.#pos)))
      this.#pos += 1
    return this.#text.slice(start, this.#pos)
  }
}

/** `dot-atom / quoted-string`: one quoted string, or atoms and dots with nothing between. */
function localPart(words: readonly Word[]): string | undefined {
  const [first] = words
  if (first === undefined) return undefined
  if (first.kind === 'quoted') return words.length === 1 ? first.text : undefined
  if (words.some((word, at) => word.kind === 'quoted' || (at > 0 && word.isApart))) return undefined
  const text = words.map((word) => word.text).join('')
  return DOT_ATOM.test(text) ? text : undefined
}

function displayName(words: readonly Word[]): string {
  const pieces = words.map((word, at) => (word.isApart && at > 0 ? ` ${word.text}` : word.text))
  return decodeWords(pieces.join(''))
}

function mailboxOf(name: string | undefined, { local, domain }: AddrSpec): Mailbox {
  return { name, address: `${local}@${domain}`, local, domain }
}

function isWsp(code: number): boolean {
  return code === SPACE || code === TAB
}

/** VCHAR or UTF-8 beyond ASCII, C1 controls excepted. */
function isVisible(code: number): boolean {
  return (code > 32 && code < 127) || code > 159
}

function isAtext(code: number): boolean {
  return isVisible(code) && !SPECIALS.has(code)
}

const TAB = 9
const LF = 10
const CR = 13
const SPACE = 32
const QUOTE = 34
const OPEN = 40
const CLOSE = 41
const DOT = 46
const BACKSLASH = 92
const SPECIALS = new Set(Buffer.from('()<>[]:;@\\,."'))
/** No dot at the ends, no two in a row. */
const DOT_ATOM = /^[^.]+(?:\.[^.]+)*$/
