import type { IndexedField, SearchTerm } from '@posthouse/store'

/** The texts that a search program looks for, each once, by number. */
export class SearchTerms {
  readonly #list: SearchTerm[] = []

  get list(): readonly SearchTerm[] {
    return this.#list
  }

  /** The number of a folded text in a field. */
  add(field: IndexedField, text: string): number {
    const known = this.#list.findIndex((term) => term.field === field && term.text === text)
    return known < 0 ? this.#list.push({ field, text }) - 1 : known
  }
}
