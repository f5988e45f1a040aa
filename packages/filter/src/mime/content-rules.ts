import { type Rule, where } from '../rule.ts'
import { mixedWords } from '../view/mixed-words.ts'
import type { MimeView } from './mime-view.ts'

/** What the parts show, and what they do not. */
export const contentRules: readonly Rule<MimeView>[] = [
  {
    symbol: 'HTML_ONLY',
    points: 0.4,
    sees: ({ text }) =>
      where(text.markup !== '' && text.plain.trim() === '', 'It is HTML without a plain version'),
  },
  {
    symbol: 'HTML_AND_TEXT_DIFFER',
    points: 1.2,
    sees: ({ message, text }) => {
      if (!isAlternative(message.root) || text.plain.trim() === '') return undefined
      const plain = wordsOf(text.plain)
      const shown = wordsOf(text.html)
      if (plain.size < MIN_WORDS || shown.size < MIN_WORDS) return undefined
      const both = [...plain].filter((word) => shown.has(word)).length
      return where(
        both < plain.size * 0.2,
        `Of ${plain.size} words of the plain version ${both} stand in the HTML`,
      )
    },
  },
  {
    symbol: 'HTML_IMAGE_ONLY',
    points: 1.2,
    sees: ({ markup, visible, text }) =>
      where(
        markup.images > 0 && visible < 150 && text.plain.length < 300,
        `It shows ${markup.images} images and next to no text`,
      ),
  },
  {
    symbol: 'HTML_HIDDEN_TEXT',
    points: 1.8,
    // Newsletters hide one line, which mail programs show in their lists.
    sees: ({ markup: { hiddenCharacters }, visible }) =>
      where(
        hiddenCharacters > 400 && hiddenCharacters > visible * 0.15,
        `${hiddenCharacters} characters are hidden, ${visible} are shown`,
      ),
  },
  {
    symbol: 'HTML_ACTIVE',
    points: 1,
    sees: ({ markup }) => {
      const name = ACTIVE.find((element) => markup.active.has(element))
      return where(name !== undefined, `The HTML holds <${name}>, which no mail program runs`)
    },
  },
  {
    symbol: 'HTML_FORM',
    points: 0.5,
    sees: ({ markup }) =>
      where(markup.active.has('form') && markup.active.has('input'), 'The HTML asks for input'),
  },
  {
    symbol: 'HTML_SPLIT_WORDS',
    points: 1.8,
    sees: ({ text }) => {
      const count = countOf(text.markup, IN_WORDS)
      return where(count >= 5, `${count} words are cut by comments`)
    },
  },
  {
    symbol: 'TEXT_INVISIBLE',
    points: 1.5,
    sees: ({ text }) => {
      const count = countOf(text.html, UNSEEN) + countOf(text.plain, UNSEEN)
      return where(count >= 5, `${count} words are cut by characters that nobody sees`)
    },
  },
  {
    symbol: 'TEXT_MIXED_SCRIPTS',
    points: 2,
    sees: ({ text }) => {
      const words = [...mixedWords(text.plain, 5), ...mixedWords(text.html, 5)]
      return where(words.length >= 3, `Words mix scripts: ${words.slice(0, 3).join(', ')}`)
    },
  },
]

function isAlternative({
  type,
  subtype,
}: {
  readonly type: string
  readonly subtype: string
}): boolean {
  return type.toLowerCase() === 'multipart' && subtype.toLowerCase() === 'alternative'
}

function wordsOf(text: string): ReadonlySet<string> {
  const found = new Set<string>()
  // Addresses are written out in one version and hidden behind words in the other.
  const readable = text
    .slice(0, MAX_COMPARED)
    .replace(/\bhttps?:\S+/gi, ' ')
    .toLowerCase()
  for (const [word] of readable.matchAll(WORD)) {
    found.add(word)
    if (found.size >= MAX_WORDS) break
  }
  return found
}

function countOf(text: string, pattern: RegExp): number {
  let count = 0
  for (const _ of text.matchAll(pattern)) if ((count += 1) >= MAX_COUNT) break
  return count
}

const WORD = /\p{L}{4,30}/gu
const MIN_WORDS = 10
const MAX_WORDS = 1_000
const MAX_COMPARED = 64 * 1024
const MAX_COUNT = 1_000
const ACTIVE = ['script', 'iframe', 'object', 'embed', 'applet'] as const
const IN_WORDS = /[a-z]<!--[^>]{0,60}>(?=[a-z])/gi
const UNSEEN = /\p{L}(?:\u034f|[\u200b\u2060-\u2064\ufeff])(?=\p{L})/gu
