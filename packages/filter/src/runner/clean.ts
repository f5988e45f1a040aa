import { MAX_REASON_CHARACTERS, MAX_REPLY_CHARACTERS } from '../limits.ts'

/** A text for strangers as one line of ASCII, whatever a stage put in it: nothing can be injected into a reply. */
export function replyText(text: string): string {
  const line = text.replace(/[^\x20-\x7e]+/g, ' ').trim()
  return line.slice(0, MAX_REPLY_CHARACTERS)
}

/** A reason as one well-formed line without controls or marks that turn the direction of text. */
export function reasonText(text: string): string {
  return text
    .slice(0, MAX_REASON_CHARACTERS)
    .toWellFormed()
    .replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ')
    .trim()
}

/** A symbol as it may stand in a header and in a column: `[A-Z0-9_]`, never empty. */
export function symbolName(symbol: string): string {
  const name = symbol
    .toUpperCase()
    .replace(/[^A-Z0-9_]+/g, '_')
    .slice(0, MAX_SYMBOL)
  return name === '' ? 'UNNAMED' : name
}

const MAX_SYMBOL = 64
