import type { IndexedField, SearchTerm } from '@posthouse/store'

/** The texts that a search program looks for, each once, by number. */
export class SearchTerms {
  readonly #numbers = new Map<string, number>()
  readonly #list: SearchTerm[] = []

  get list(): readonly SearchTerm[] {
    return this.#list
  }

  /** The number of a folded text in a field. */
  add(field: IndexedField, text: string): number {
    const key = `${field} ${text}`
    const known = this.#numbers.get(key)
    if (known !== undefined) return known
    const number = this.#list.push({ field, text }) - 1
    this.#numbers.set(key, number)
    return number
  }
}
