import type { MessageText } from '../filter-message.ts'
import { registrable } from '../view/domains.ts'
import { firstOf, ownerIn, type Field } from './field-list.ts'
import { bucket } from './link-tokens.ts'
import { maxLinks, maxTextLength } from './limits.ts'
import type { TokenSet } from './token-set.ts'

/** How a message bears itself: where its links lead as seen from its sender, whether it answers something, how loud it is. */
export function addBearingTokens(
  tokens: TokenSet,
  fields: readonly Field[],
  text: MessageText,
): void {
  addLinks(tokens, fields, text)
  const plain = text.plain.slice(0, maxTextLength)
  addAnswer(tokens, fields, plain)
  addReader(tokens, fields, plain)
  addVoice(tokens, text.html.trim() === '' ? plain : text.html.slice(0, maxTextLength))
  const lines = plain.split('\n').map((line) => line.length)
  tokens.add(`voice:lines ${bucket(lines.length)}`)
  const longest = lines.reduce((most, length) => Math.max(most, length), 0)
  tokens.add(`voice:longest ${longest > 200 ? 'over 200' : longest > 78 ? 'over 78' : 'usual'}`)
}

function addLinks(tokens: TokenSet, fields: readonly Field[], { links }: MessageText): void {
  const owners = links.slice(0, maxLinks).flatMap(({ href }) => {
    const url = URL.parse(href)
    return url !== null && /^https?:$/.test(url.protocol) ? [registrable(url.hostname)] : []
  })
  if (owners.length === 0) return
  const from = ownerIn(firstOf(fields, 'from'))
  const own = owners.filter((owner) => owner === from).length
  tokens.add(`links:${own === 0 ? 'none' : own === owners.length ? 'all' : 'some'} to sender`)
  tokens.add(`links:owners ${bucket(new Set(owners).size)}`)
  if (owners.includes(ownerIn(firstOf(fields, 'message-id')))) tokens.add('links:to id')
}

function addAnswer(tokens: TokenSet, fields: readonly Field[], plain: string): void {
  const former = firstOf(fields, 'references') + firstOf(fields, 'in-reply-to')
  const isReply = /^(\[[^\]]*\] )?re:/i.test(firstOf(fields, 'subject'))
  tokens.add(`answer:${isReply ? 'claimed' : 'not claimed'} ${former === '' ? 'alone' : 'of some'}`)
  if (former !== '') tokens.add(`answer:depth ${bucket(former.split('<').length)}`)
  if (/^>|wrote:\s*$/m.test(plain)) tokens.add('answer:quotes')
  if (/^--\s?$/m.test(plain)) tokens.add('answer:signature')
}

/** Whether it speaks to its reader by what stands before the @. */
function addReader(tokens: TokenSet, fields: readonly Field[], plain: string): void {
  const reader = /([\w.+-]+)@/.exec(firstOf(fields, 'to'))?.[1]?.toLowerCase() ?? ''
  if (reader.length < 3) return
  if (firstOf(fields, 'subject').toLowerCase().includes(reader)) tokens.add('reader:in subject')
  if (plain.toLowerCase().includes(reader)) tokens.add('reader:in text')
}

function addVoice(tokens: TokenSet, shown: string): void {
  const counts = { capitals: 0, letters: 1, '!': 0, $: 0 }
  for (let i = 0; i < shown.length; i++) {
    const unit = shown.charCodeAt(i)
    if (unit >= 65 && unit <= 90) counts.capitals++
    if ((unit >= 65 && unit <= 90) || (unit >= 97 && unit <= 122)) counts.letters++
    if (unit === 33) counts['!']++
    if (unit === 36) counts.$++
  }
  tokens.add(`voice:words ${bucket(shown.split(/\s+/).length)}`)
  tokens.add(`voice:capitals ${Math.round((20 * counts.capitals) / counts.letters)}`)
  for (const mark of ['!', '$'] as const) tokens.add(`voice:${mark} ${bucket(counts[mark])}`)
  if (/\b[A-Z]{4,} [A-Z]{3,} [A-Z]{2,}/.test(shown)) tokens.add('voice:shouts')
}
