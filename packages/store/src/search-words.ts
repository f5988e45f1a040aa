/**
 * How folded text is cut into words for the search index. A word is a run of characters that are no separators. Which characters
 * separate decides how well the index narrows, never what is found: what a search asks for is cut in the same way.
 */
let table: Uint8Array | undefined

/** Calls `onWord` for every word of a folded text, repetitions included. */
export function eachWord(text: string, onWord: (word: string) => void): void {
  const isSeparator = separators()
  let start = -1
  for (let at = 0; at < text.length; at++) {
    if (isSeparator[text.charCodeAt(at)] === 0) {
      if (start < 0) start = at
    } else if (start >= 0) {
      onWord(text.slice(start, at))
      start = -1
    }
  }
  if (start >= 0) onWord(text.slice(start))
}

/**
 * What must stand in the words of a text that contains a given text. `\n` stands around every word, so a pattern that begins
 * or ends with one is the beginning or the end of a word.
 */
export interface WordQuery {
  readonly patterns: readonly Buffer[]
  /** The text lies within one word: whatever has the word has the text. Otherwise it may be that it has not. */
  readonly isExact: boolean
}

/** The query for a folded text; one without patterns tells nothing. */
export function wordQuery(text: string): WordQuery {
  const words: string[] = []
  eachWord(text, (word) => words.push(word))
  const [only] = words
  if (only !== undefined && only === text) return { patterns: [Buffer.from(text)], isExact: true }
  const isSeparator = separators()
  const startsInside = isSeparator[text.charCodeAt(0)] === 0
  const endsInside = isSeparator[text.charCodeAt(text.length - 1)] === 0
  const patterns = words.map((word, i) => {
    const before = i === 0 && startsInside ? '' : '\n'
    const behind = i === words.length - 1 && endsInside ? '' : '\n'
    return Buffer.from(before + word + behind)
  })
  return { patterns, isExact: false }
}

const SEPARATOR = /[\s\p{Z}\p{Cc}\p{P}]|[$<=>^`|~]/u
/** They stand inside addresses, host names and numbers. */
const KEPT = '@._+-'

/** White space, controls and punctuation. Made when it is first needed: few processes do. */
function separators(): Uint8Array {
  table ??= Uint8Array.from({ length: 65_536 }, (_, code) => {
    // Halves of what is beyond: letters, mostly.
    if (code >= 0xd800 && code <= 0xdfff) return 0
    const character = String.fromCharCode(code)
    return SEPARATOR.test(character) && !KEPT.includes(character) ? 1 : 0
  })
  return table
}
