import type { TokenHash } from './token-hash.ts'
import type { TokenSet } from './token-set.ts'
import type { TokenSums, Views } from './token-store.ts'

/** Sums that change nothing. */
export const nothing: TokenSums = { pull: 0, squares: 0 }

/** The sum of both. */
export function added(one: TokenSums, other: TokenSums): TokenSums {
  return { pull: one.pull + other.pull, squares: one.squares + other.squares }
}

/** The same of either view. */
export function eachOf<T>(make: (name: keyof Views<unknown>) => T): Views<T> {
  return { content: make('content'), manner: make('manner') }
}

/** The hashes of a message's tokens. */
export function hashesOf(tokens: Views<TokenSet>): Views<readonly TokenHash[]> {
  return eachOf((name) => tokens[name].hashes)
}
