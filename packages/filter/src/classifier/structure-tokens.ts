import { eachLeaf, type MimePart } from '@posthouse/message'
import type { MessageText } from '../filter-message.ts'
import { maxTextLength } from './limits.ts'
import { bucket } from './link-tokens.ts'
import type { TokenSet } from './token-set.ts'

const maxParts = 30
const tagPattern = /<(\/?)([a-z][a-z0-9]{0,9})\b([^>]{0,400})>/gi
const telling =
  /\b(color|bgcolor|size|face|background|width|height|align)\s*=\s*["']?([#\w%+-]{1,12})/gi

/** How a message is built: kinds of its parts, how much of each, and what its markup is made of. */
export function addStructureTokens(tokens: TokenSet, root: MimePart, text: MessageText): void {
  let count = 0
  for (const part of eachLeaf(root)) {
    if (++count > maxParts) break
    const type = `${part.type}/${part.subtype}`.toLowerCase()
    tokens.add(`p:type ${type}`)
    tokens.add(`p:encoding ${type} ${part.encoding.toLowerCase()}`)
    for (const { name, value } of part.params) {
      if (name.toLowerCase() === 'charset') tokens.add(`p:charset ${value.toLowerCase()}`)
    }
    if (part.disposition !== undefined) tokens.add(`p:shown ${part.disposition.type.toLowerCase()}`)
  }
  tokens.add(`p:parts ${bucket(count)}`)
  tokens.add(`p:root ${root.type}/${root.subtype}`.toLowerCase())
  tokens.add(`p:plain ${bucket(text.plain.length)}`)
  tokens.add(`p:html ${bucket(text.html.length)}`)
  if (text.markup !== '') addMarkup(tokens, text)
}

function addMarkup(tokens: TokenSet, { markup, html }: MessageText): void {
  const looked = markup.slice(0, maxTextLength)
  const counts = new Map<string, number>()
  for (const [, close, name = '', rest = ''] of looked.matchAll(tagPattern)) {
    const tag = name.toLowerCase()
    if (close !== '/') counts.set(tag, (counts.get(tag) ?? 0) + 1)
    for (const [, key = '', value = ''] of rest.matchAll(telling)) {
      tokens.add(`t:${tag} ${key}=${value}`.toLowerCase())
    }
  }
  for (const [tag, count] of counts) {
    tokens.add(`t:${tag}`)
    tokens.add(`t:${tag} ${bucket(count)}`)
  }
  if (looked.includes('<!--')) tokens.add('t:comment')
  if (/[a-z]<!--/i.test(looked)) tokens.add('t:comment in word')
  if (!/<\/html>/i.test(markup)) tokens.add('t:no end')
  tokens.add(`t:share ${Math.round((10 * html.length) / (markup.length + 1))}`)
}
