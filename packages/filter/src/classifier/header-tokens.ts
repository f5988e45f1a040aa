import { decodeWords, unfold, type HeaderField } from '@posthouse/message'
import { addAddresses, addComparisons, addMessageId } from './origin-tokens.ts'
import { maxFields, maxHeaderTokens, maxValueLength } from './limits.ts'
import { TokenSet } from './token-set.ts'
import { isShouted, wordsOf } from './words.ts'

/** Their values are words of the house that wrote the message, not of its reader. */
const worded = new Set([
  'x-mailer',
  'user-agent',
  'organization',
  'precedence',
  'list-id',
  'sender',
  'errors-to',
  'x-priority',
  'importance',
  'x-mimeole',
  'mime-version',
  'content-type',
  'content-transfer-encoding',
  'content-language',
  'list-unsubscribe',
  'x-originating-ip',
  'comments',
  'auto-submitted',
  'feedback-id',
])

/**
 * The tokens of the header: who says he writes, to whom, with what, about what. Received fields, the names of fields and their
 * order are left out: they tell the way a message took rather than what it is, spam by a mailing list passes for its list's
 * mail by them, and the five-fold trial came out better without.
 */
export function addHeaderTokens(all: TokenSet, headers: readonly HeaderField[]): void {
  const tokens = new TokenSet(maxHeaderTokens)
  const domains = new Map<string, string>()
  for (const { name: written, value } of headers.slice(0, maxFields)) {
    const name = written.toLowerCase()
    addField(tokens, name, unfold(value.subarray(0, maxValueLength)), domains)
  }
  addComparisons(tokens, domains)
  for (const hash of tokens.hashes) all.add(tokens.textOf(hash))
}

function addField(tokens: TokenSet, name: string, raw: string, domains: Map<string, string>): void {
  if (name === 'subject') addSubject(tokens, decodeWords(raw))
  else if (['from', 'reply-to', 'to', 'cc'].includes(name)) addAddresses(tokens, name, raw, domains)
  else if (name === 'message-id') addMessageId(tokens, raw, domains)
  else if (name === 'date') addDate(tokens, raw)
  else if (worded.has(name)) for (const word of wordsOf(raw, 20)) tokens.add(`${name}:${word}`)
}

function addSubject(tokens: TokenSet, subject: string): void {
  const words = wordsOf(subject, 40)
  for (const [i, word] of words.entries()) {
    tokens.add(`s:${word}`)
    tokens.add(`s:${words[i - 1] ?? ''} ${word}`)
  }
  for (const word of subject.split(/\s+/)) if (isShouted(word)) tokens.add(`s:${word}`)
  if (/^\s*(re|aw|sv|antw)\s*:/i.test(subject)) tokens.add('s:reply')
  if (/\s{4,}\S+\s*$/.test(subject)) tokens.add('s:gap')
  if (/[!?]{2,}/.test(subject)) tokens.add('s:marks')
  if (subject.trim() === '') tokens.add('s:empty')
  if (/\p{L}/u.test(subject) && subject === subject.toUpperCase()) tokens.add('s:capitals')
}

/** Offset and way of writing: RFC 5322 §3.3 leaves room in which programs differ. */
function addDate(tokens: TokenSet, raw: string): void {
  const zone = /([+-]\d{4}|\b[A-Z]{2,4})(\s*\(.*\))?\s*$/.exec(raw)?.[1]
  tokens.add(`d:${zone ?? 'none'}`)
  tokens.add(
    `d:${raw
      .slice(0, 40)
      .replace(/[A-Za-z]+/g, 'a')
      .replace(/\d/g, '9')
      .replace(/[+-]9999/, '+')}`,
  )
}
