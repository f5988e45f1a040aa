import assert from 'node:assert/strict'

/** A string, quoted or literal, as against an atom. */
export interface Text {
  readonly text: string
}

/** What responses are made of (RFC 3501 §4): an atom is a string, NIL is null. */
export type Datum = string | Text | null | readonly Datum[]

/** Reads one response, to the letter: one space where the grammar has one, and none elsewhere. */
export class DatumReader {
  readonly #text: string
  #at = 0

  /** @param text without its CRLF; a literal stands where it came, CRLF and octets */
  constructor(text: string) {
    this.#text = text
  }

  get rest(): string {
    return this.#text.slice(this.#at)
  }

  /** Takes exactly this. */
  expect(text: string): void {
    assert.ok(this.#text.startsWith(text, this.#at), `${JSON.stringify(text)} at ${this.#place()}`)
    this.#at += text.length
  }

  /** Takes this if it comes next. */
  accept(text: string): boolean {
    if (!this.#text.startsWith(text, this.#at)) return false
    this.#at += text.length
    return true
  }

  end(): void {
    assert.equal(this.rest, '', `more than the grammar has: ${this.#place()}`)
  }

  /** Takes an atom; `BODY[HEADER.FIELDS (SUBJECT)]<0>` is one. */
  atom(): string {
    const pattern = /(?:[^\s(){"\\\]*%[]|[\\*%])+(?:\[[^\]]*\](?:<\d+>)?)?/y
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#text)?.[0]
    assert.ok(found !== undefined, `an atom at ${this.#place()}`)
    this.#at += found.length
    return found
  }

  number(): number {
    const found = this.atom()
    assert.match(found, /^(0|[1-9]\d*)$/, 'a number')
    return Number(found)
  }

  datum(): Datum {
    if (this.accept('(')) return this.#list()
    const first = this.#text[this.#at]
    if (first === '"') return { text: this.#quoted() }
    if (first === '{') return { text: this.#literal() }
    const atom = this.atom()
    return atom.toUpperCase() === 'NIL' ? null : atom
  }

  #list(): readonly Datum[] {
    const items: Datum[] = []
    if (this.accept(')')) return items
    for (;;) {
      items.push(this.datum())
      if (this.accept(')')) return items
      // Addresses and bodies stand in their lists without a space between them.
      if (!(Array.isArray(items.at(-1)) && this.rest.startsWith('('))) this.expect(' ')
    }
  }

  #quoted(): string {
    const pattern = /"((?:[^"\\\r\n]|\\["\\])*)"/y
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#text)
    assert.ok(found !== null, `a quoted string at ${this.#place()}`)
    this.#at += found[0].length
    return (found[1] ?? '').replaceAll(/\\(.)/g, '$1')
  }

  #literal(): string {
    const pattern = /\{(\d+)\}\r\n/y
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#text)
    assert.ok(found !== null, `a literal at ${this.#place()}`)
    const start = this.#at + found[0].length
    this.#at = start + Number(found[1])
    return this.#text.slice(start, this.#at)
  }

  #place(): string {
    const from = Math.max(0, this.#at - 60)
    return `${JSON.stringify(this.#text.slice(from, this.#at))} ^ ${JSON.stringify(this.rest.slice(0, 80))}`
  }
}

/** The octets of a string or an atom. */
export function textOf(datum: Datum | undefined): string {
  if (typeof datum === 'string') return datum
  assert.ok(datum !== undefined && datum !== null && 'text' in datum, 'a string')
  return datum.text
}

/** The words of a list of atoms. */
export function wordsOf(datum: Datum | undefined): readonly string[] {
  assert.ok(Array.isArray(datum), 'a list')
  return datum.map((each: Datum) => {
    assert.ok(typeof each === 'string', 'an atom')
    return each
  })
}
