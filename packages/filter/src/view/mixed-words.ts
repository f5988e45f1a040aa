import { mixedWord } from './confusables.ts'

/** Words in the beginning of a text in which scripts that look alike are mixed, at most `most`. */
export function mixedWords(text: string, most: number): readonly string[] {
  const found: string[] = []
  if (ASCII.test(text)) return found
  for (const [word] of text.slice(0, MAX_READ).matchAll(NOT_ASCII_WORD)) {
    if (mixedWord(word) !== undefined) found.push(word)
    if (found.length >= most) break
  }
  return found
}

const ASCII = /^[\0-\x7f]*$/
const NOT_ASCII_WORD = /[\p{L}\p{M}]{3,40}/gu
const MAX_READ = 32 * 1024
