/**
 * Reads a structured field value, character by character, without ever going back: every method is
 * linear in what it consumes. The text holds octets, one character each.
 */
export class FieldLexer {
  readonly text: string
  pos = 0
  /** The last comment that `skipCfws` passed, without its outer brackets. */
  comment: string | undefined

  constructor(text: string) {
    this.text = text
  }

  get atEnd(): boolean {
    return this.pos >= this.text.length
  }

  /** The character at the cursor, '' at the end. */
  peek(): string {
    return this.text.charAt(this.pos)
  }

  /** Passes `character` if it stands at the cursor. */
  take(character: string): boolean {
    if (this.text.charAt(this.pos) !== character) return false
    this.pos += 1
    return true
  }

  /** Passes comments and folding white space (RFC 5322 §3.2.2); an unclosed comment ends the text. */
  skipCfws(): void {
    for (;;) {
      const code = this.text.charCodeAt(this.pos)
      if (code === SPACE || code === TAB || code === LF || code === CR) this.pos += 1
      else if (code === OPEN) this.#skipComment()
      else return
    }
  }

  /** A run of characters for which `accepts` holds; '' when there is none. */
  takeWhile(accepts: (code: number) => boolean): string {
    const start = this.pos
    while (this.pos < this.text.length && accepts(this.text.charCodeAt(this.pos))) this.pos += 1
    return this.text.slice(start, this.pos)
  }

  /**
   * The content of a quoted-string (RFC 5322 §3.2.4), quoted pairs resolved and folding removed;
   * the cursor stands on the opening quote. An unclosed one ends with the text.
   */
  takeQuoted(): string {
    this.pos += 1
    return this.#takeEscaped(QUOTE)
  }

  /** Passes everything up to `stop` (not passing it), quoted strings in one piece. */
  skipTo(stop: number): void {
    while (this.pos < this.text.length) {
      const code = this.text.charCodeAt(this.pos)
      if (code === stop) return
      if (code === QUOTE) this.takeQuoted()
      else this.pos += 1
    }
  }

  #takeEscaped(end: number): string {
    const pieces: string[] = []
    let start = this.pos
    for (; this.pos < this.text.length; this.pos += 1) {
      const code = this.text.charCodeAt(this.pos)
      if (code === end) break
      if (code !== BACKSLASH && code !== CR && code !== LF) continue
      pieces.push(this.text.slice(start, this.pos))
      if (code === BACKSLASH) this.pos += 1
      start = code === BACKSLASH ? this.pos : this.pos + 1
    }
    pieces.push(this.text.slice(start, this.pos))
    this.pos += 1
    return pieces.join('')
  }

  #skipComment(): void {
    const start = this.pos + 1
    let depth = 0
    for (; this.pos < this.text.length; this.pos += 1) {
      const code = this.text.charCodeAt(this.pos)
      if (code === BACKSLASH) this.pos += 1
      else if (code === OPEN) depth += 1
      else if (code === CLOSE && (depth -= 1) === 0) break
    }
    this.comment = unescape(this.text.slice(start, this.pos))
    this.pos += 1
  }
}

function unescape(text: string): string {
  return text.includes('\\') ? text.replace(/\\(.)/gs, '$1') : text
}

/** Characters of a MIME token: no controls, spaces or tspecials (RFC 2045 §5.1). */
export function isTokenCharacter(code: number): boolean {
  return code > SPACE && code < 127 && TSPECIALS[code] === 0
}

/** Characters of an atom (RFC 5322 §3.2.3) and everything 8-bit (RFC 6532 §3.2). */
export function isAtomCharacter(code: number): boolean {
  return code > SPACE && code !== 127 && (code >= 128 || SPECIALS[code] === 0)
}

const TAB = 9
const LF = 10
const CR = 13
const SPACE = 32
const QUOTE = 34
const OPEN = 40
const CLOSE = 41
const BACKSLASH = 92

const TSPECIALS = tableOf('()<>@,;:\\"/[]?=')
const SPECIALS = tableOf('()<>[]:;@\\,."')

function tableOf(characters: string): Uint8Array {
  const table = new Uint8Array(128)
  for (const character of characters) table[character.charCodeAt(0)] = 1
  return table
}
