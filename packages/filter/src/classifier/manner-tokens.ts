import type { FilterMessage } from '../filter-message.ts'
import { addBearingTokens } from './bearing-tokens.ts'
import { fieldList } from './field-list.ts'
import { isGivenToSender } from './given-address.ts'
import { addMakerTokens } from './maker-tokens.ts'
import type { TokenSet } from './token-set.ts'
import { addWayTokens } from './way-tokens.ts'

/** One token among sixty would say little: this one stands for so many. */
const givenWeight = 6

/** The tokens of how a message was made, came and bears itself, whatever it says. */
export function addMannerTokens(
  tokens: TokenSet,
  { headers, text, recipients }: Pick<FilterMessage, 'headers' | 'text' | 'recipients'>,
): void {
  const fields = fieldList(headers)
  addWayTokens(tokens, fields)
  addMakerTokens(tokens, fields)
  addBearingTokens(tokens, fields, text)
  if (!isGivenToSender(recipients, fields)) return
  for (let i = 1; i <= givenWeight; i++) tokens.add(`given:${i}`)
}
