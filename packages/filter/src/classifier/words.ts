import { maxTextLength, maxWordLength } from './limits.ts'

const wordPattern = /[\p{L}\p{N}$€£%!](?:[\p{L}\p{M}\p{N}'’$€£%!._@-]|,(?=\d))*/gu
const trailingDots = /[._@'’-]+$/
/** Scripts that are written without spaces: their characters count in pairs. */
const unspaced = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]{2,}/u

/**
 * The words of a text in order, lower case, numbers by their shape (`$4,500` is `$9,9`). A word in capitals counts as such and as itself;
 * a word longer than is useful by its ends. @param most words
 */
export function wordsOf(text: string, most: number): readonly string[] {
  const words: string[] = []
  wordPattern.lastIndex = 0
  const looked = text.length > maxTextLength ? text.slice(0, maxTextLength) : text
  for (const [found] of looked.matchAll(wordPattern)) {
    if (words.length >= most) break
    const word = found.replace(trailingDots, '')
    if (word === '') continue
    if (unspaced.test(word)) words.push(...pairsOf(word))
    else words.push(shortened(shapeOfNumber(word)))
  }
  return words
}

/** True for a word that shouts: four letters or more, all of them capitals. */
export function isShouted(word: string): boolean {
  return word.length >= 4 && /^\p{Lu}{4,}$/u.test(word)
}

function shapeOfNumber(word: string): string {
  if (!/\d/.test(word)) return word.toLowerCase()
  return word
    .toLowerCase()
    .replace(/\d+/g, (digits) => (digits.length > 4 ? '99999' : '9'.repeat(digits.length)))
}

function shortened(word: string): string {
  if (word.length <= maxWordLength) return word
  return `${word.slice(0, 4)}~${word.slice(-3)}~${Math.min(9, Math.floor(word.length / 10))}`
}

function pairsOf(word: string): readonly string[] {
  const characters = Array.from(word).slice(0, 200)
  return characters.slice(1).map((character, i) => `${characters[i] ?? ''}${character}`)
}
