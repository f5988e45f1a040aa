import { eachLeaf, type MimePart } from '@posthouse/message'
import type { MessageText } from '../filter-message.ts'
import { bucket } from './link-tokens.ts'
import type { TokenSet } from './token-set.ts'

const maxParts = 30

/**
 * How a message is built: kinds of its parts, and how much of each. What its markup is made of is left out: newsletters that are
 * wanted and those that are not are made of the same.
 */
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
}
