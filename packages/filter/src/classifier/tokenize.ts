import type { FilterMessage } from '../filter-message.ts'
import { addBodyTokens } from './body-tokens.ts'
import { addHeaderTokens } from './header-tokens.ts'
import { maxTokens } from './limits.ts'
import { addLinkTokens } from './link-tokens.ts'
import { addStructureTokens } from './structure-tokens.ts'
import { TokenSet } from './token-set.ts'

type Source = Pick<FilterMessage, 'headers' | 'root' | 'text'>

/** A message that is judged and then learnt from is read once. */
const remembered = new WeakMap<Source, TokenSet>()

/** The tokens by which a message is known, each once, no more than `maxTokens`. Never throws; linear. */
export function tokensOf(message: Source): TokenSet {
  const known = remembered.get(message)
  if (known !== undefined) return known
  const tokens = new TokenSet(maxTokens)
  addHeaderTokens(tokens, message.headers)
  addStructureTokens(tokens, message.root, message.text)
  addLinkTokens(tokens, message.text.links)
  addBodyTokens(tokens, message.text)
  remembered.set(message, tokens)
  return tokens
}
