import { domainToASCII } from 'node:url'
import { encodeWords } from '../words.ts'

/** A token of a structured field (RFC 5322 §3.2); `text` as written. */
interface Token {
  readonly kind: 'blank' | 'comment' | 'quoted' | 'word' | 'special'
  readonly text: string
}

const TOKENS =
  /(?<blank>\s+)|(?<comment>\((?:[^()\\]|\\.)*\))|(?<quoted>"(?:[^"\\]|\\.)*")|(?<word>[^\s()"<>,:;@[\]\\]+)|(?<special>[<>,:;@[\]])/gsuy

/**
 * A list of addresses or phrases in ASCII: phrases become encoded words, comments too (RFC 2047 §5), domains A-labels. Undefined
 * where a local part goes beyond ASCII, which nothing else means (RFC 6532 §3.2), and where the field is not well formed.
 */
export function downgradePhrases(value: string): string | undefined {
  const tokens = tokensOf(value)
  if (tokens === undefined) return undefined
  const output: string[] = []
  let run: Token[] = []
  let isInAngle = false
  let isDomain = false
  for (const token of [...tokens, END]) {
    if (token.kind !== 'special') {
      run.push(token)
      continue
    }
    const isAddress = isInAngle || isDomain || token.text === '@'
    const text = isAddress ? addressText(run, isDomain) : phraseText(run)
    if (text === undefined) return undefined
    output.push(text, token.text)
    run = []
    isDomain = token.text === '@'
    if (token.text === '<') isInAngle = true
    if (token.text === '>') isInAngle = false
  }
  return output.join('').trim()
}

function tokensOf(value: string): readonly Token[] | undefined {
  const tokens: Token[] = []
  let end = 0
  for (const match of value.matchAll(TOKENS)) {
    end += match[0].length
    const kind = kinds.find((one) => match.groups?.[one] !== undefined)
    if (kind === undefined) return undefined
    tokens.push({ kind, text: match[0] })
  }
  return end === value.length ? tokens : undefined
}

const kinds = ['blank', 'comment', 'quoted', 'word', 'special'] as const
const END: Token = { kind: 'special', text: '' }

/** Part of an address: ASCII as it is, a domain as A-labels. */
function addressText(run: readonly Token[], isDomain: boolean): string | undefined {
  const texts = run.map((token) => {
    if (ASCII.test(token.text)) return token.text
    if (token.kind === 'comment') return commentText(token.text)
    const name = isDomain && token.kind === 'word' ? domainToASCII(token.text) : ''
    return name === '' ? undefined : name
  })
  return texts.includes(undefined) ? undefined : texts.join('')
}

/** Words between commas and brackets: as written, or all of them as encoded words. */
function phraseText(run: readonly Token[]): string | undefined {
  const words = run.filter(({ kind }) => kind === 'word' || kind === 'quoted')
  const comments = run.filter(({ kind }) => kind === 'comment')
  const spelled = comments.map(({ text }) => (ASCII.test(text) ? text : commentText(text)))
  if (spelled.includes(undefined)) return undefined
  if (words.every(({ text }) => ASCII.test(text))) {
    let next = 0
    return run.map((token) => (token.kind === 'comment' ? spelled[next++] : token.text)).join('')
  }
  // Encoded words that stand there already would be said literally.
  if (words.some(({ text }) => text.includes('=?'))) return undefined
  const phrase = words
    .map(({ kind, text }) => (kind === 'quoted' ? unquoted(text) : text))
    .join(' ')
  return ` ${[encodeWords(phrase), ...spelled].join(' ')} `
}

function commentText(comment: string): string | undefined {
  const inner = comment.slice(1, -1)
  return inner.includes('\\') || inner.includes('=?') ? undefined : `(${encodeWords(inner)})`
}

function unquoted(text: string): string {
  return text.slice(1, -1).replaceAll(/\\(.)/gsu, '$1')
}

const ASCII = /^[\t\r\n\x20-\x7e]*$/
