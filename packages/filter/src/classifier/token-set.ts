import { tokenHash, type TokenHash } from './token-hash.ts'

/**
 * The tokens of one message, each once, in the order they were found, up to a bound: whoever writes a megabyte of words
 * buys no more work than a page of them.
 */
export class TokenSet {
  readonly #texts = new Map<TokenHash, string>()
  readonly #most: number

  constructor(most: number) {
    this.#most = most
  }

  get isFull(): boolean {
    return this.#texts.size >= this.#most
  }

  /** Adds a token by its text, a prefix for its place and the word itself. */
  add(text: string): void {
    if (this.isFull) return
    const hash = tokenHash(text)
    if (!this.#texts.has(hash)) this.#texts.set(hash, text)
  }

  get hashes(): readonly TokenHash[] {
    return [...this.#texts.keys()]
  }

  /** What a hash stood for in this message. */
  textOf(hash: TokenHash): string {
    return this.#texts.get(hash) ?? ''
  }
}
