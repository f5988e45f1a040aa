/**
 * A token as it is counted: 52 bits of a hash, so that it is a JavaScript number and fits Postgres's bigint. Among ten million
 * tokens, two share a hash with a chance of one in a hundred.
 */
export type TokenHash = number

/** Hashes a token's text (two 32-bit multiplicative hashes, 20 bits of one above the other). Not a secret, not for signatures. */
export function tokenHash(text: string): TokenHash {
  let high = 0xdeadbeef
  let low = 0x41c6ce57
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    high = Math.imul(high ^ unit, 2654435761)
    low = Math.imul(low ^ unit, 1597334677)
  }
  high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909)
  low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909)
  return (high & 0xfffff) * 0x100000000 + (low >>> 0)
}
