import type { MessageText } from '../filter-message.ts'
import { maxWords } from './limits.ts'
import type { TokenSet } from './token-set.ts'
import { wordsOf } from './words.ts'

/**
 * Words as a reader sees them, and pairs of neighbours. HTML's text where there is any, as that is what is shown; plain text
 * besides it. Pairs with a gap (sparse bigrams) cost half as many tokens again and gained nothing in the five-fold trial.
 */
export function addBodyTokens(tokens: TokenSet, { plain, html }: MessageText): void {
  addWords(tokens, wordsOf(html.trim() === '' ? plain : html, maxWords))
  if (html.trim() === '' || plain.trim() === '') return
  addWords(tokens, wordsOf(plain, maxWords))
}

function addWords(tokens: TokenSet, words: readonly string[]): void {
  for (const [i, word] of words.entries()) {
    if (tokens.isFull) return
    tokens.add(word)
    const before = words[i - 1]
    if (before !== undefined) tokens.add(`${before} ${word}`)
  }
}
