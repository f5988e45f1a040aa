import {
  Cursor,
  end,
  parseWith,
  searchKeyNames,
  searchProgram,
  type SearchKey,
} from '@posthouse/imap-wire'
import { CliError } from '../cli-error.ts'

/**
 * What is looked for: IMAP's search keys where the first word is one of them in capitals or a parenthesis
 * (`UNSEEN FROM ada`, RFC 3501 §6.4.4), else plain words, all of which must be in the message.
 */
export function parseQuery(words: readonly string[]): SearchKey {
  const first = words[0]?.trimStart() ?? ''
  if (/[\r\n\0]/.test(words.join(''))) throw unfit('it has a line break')
  if (first.startsWith('(') || searchKeyNames.has(first.split(' ', 1)[0] ?? ''))
    return parseKeys(words)
  const texts = words.flatMap((word) => word.split(/\s+/)).filter((word) => word !== '')
  if (texts.length === 0) throw unfit('it has no word')
  const operands = texts.map((value): SearchKey => ({ key: 'TEXT', field: 'TEXT', value }))
  const [only] = operands
  return operands.length === 1 && only !== undefined ? only : { key: 'AND', operands }
}

function parseKeys(words: readonly string[]): SearchKey {
  // One word that the shell kept together is a program as it stands; of several each is a word of it.
  const [whole = ''] = words
  const program =
    words.length === 1 ? whole.replaceAll(eightBit, quote) : words.map(wordOf).join(' ')
  const cursor = new Cursor([{ kind: 'line', octets: Buffer.from(program) }])
  const result = parseWith(cursor, (c) => {
    const key = searchProgram(c)
    end(c)
    return key
  })
  if (result.ok) return result.value
  throw unfit(result.error.message)
}

/** A word with letters beyond ASCII: IMAP wants it quoted, people do not. */
const eightBit = /(?<![^\s(])[^\s"()]*[^\0-\u007f][^\s"()]*/g

/** Words of the grammar, sets, flags and parentheses stay as they are; what the shell kept together is a string. */
function wordOf(word: string): string {
  const isAtom = /^[!#$&'+-[\]-z|~:*,]+$/.test(word)
  return isAtom || /^[("]/.test(word) || word.endsWith(')') ? word : quote(word)
}

function quote(text: string): string {
  return `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`
}

function unfit(because: string): CliError {
  const hint = 'write words, or IMAP keys in capitals: UNSEEN FROM ada SINCE 1-Jan-2026'
  return new CliError('usage', 'mailbox.query', `This is no search: ${because}`, hint)
}
