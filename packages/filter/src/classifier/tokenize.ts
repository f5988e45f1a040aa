import type { FilterMessage } from '../filter-message.ts'
import { addBodyTokens } from './body-tokens.ts'
import { addHeaderTokens } from './header-tokens.ts'
import { maxMannerTokens, maxTokens } from './limits.ts'
import { addLinkTokens } from './link-tokens.ts'
import { addMannerTokens } from './manner-tokens.ts'
import { addStructureTokens } from './structure-tokens.ts'
import { TokenSet } from './token-set.ts'
import type { Views } from './token-store.ts'

type Source = Pick<FilterMessage, 'headers' | 'root' | 'text' | 'recipients'>

/** A message that is judged and then learnt from is read once. */
const remembered = new WeakMap<Source, Views<TokenSet>>()

/**
 * The tokens by which a message is known, each once, no more than `maxTokens`: of what it says, and of its manner. None is in both.
 * Never throws; linear.
 */
export function tokensOf(message: Source): Views<TokenSet> {
  const known = remembered.get(message)
  if (known !== undefined) return known
  const content = new TokenSet(maxTokens)
  addHeaderTokens(content, message.headers)
  addStructureTokens(content, message.root, message.text)
  addLinkTokens(content, message.text.links)
  addBodyTokens(content, message.text)
  const manner = new TokenSet(maxMannerTokens)
  addMannerTokens(manner, message)
  const tokens = { content, manner }
  remembered.set(message, tokens)
  return tokens
}
