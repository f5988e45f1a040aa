/** What the search index has a dictionary of: the kept texts of five fields, the whole header, and the body. */
export const indexedFields = ['from', 'to', 'cc', 'bcc', 'subject', 'header', 'body'] as const

/** One of them. */
export type IndexedField = (typeof indexedFields)[number]

/** A folded text that is searched for in a field. In `header` it lies within one line, `name: value`. */
export interface SearchTerm {
  readonly field: IndexedField
  readonly text: string
}

/** Facts keep so many characters of a field for searching; of a longer one the index knows only a part. */
export const keptFieldCharacters = 4096
