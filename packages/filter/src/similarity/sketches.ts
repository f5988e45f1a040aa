import { tokenHash } from '../classifier/token-hash.ts'
import type { MessageText } from '../filter-message.ts'

/** Sketches of a message: two that are alike share most of them. */
export const sketchesPerMessage = 4
/** A text of fewer words is like many others by chance. */
const leastWords = 20
const mostWords = 600
const shingleWords = 3
const mostCharacters = 30_000

/** Odd numbers; each makes another order of the shingles. */
const orders = [0x9e3779b1, 0x85ebca77, 0xc2b2ae3d, 0x27d4eb2f] as const

/**
 * Sketches by the least hash (Broder 1997): each is the shingle of three words that comes first in one of four orders, so two
 * texts share a sketch with the chance that they share a shingle. What spammers change from copy to copy (numbers, addresses,
 * spelling of capitals, spaces) is levelled before. Empty for short texts.
 */
export function sketchesOf({ plain, html }: MessageText): readonly number[] {
  const words = levelledWords(html.trim() === '' ? plain : html)
  if (words.length < leastWords) return []
  const least = orders.map(() => Number.MAX_SAFE_INTEGER)
  const chosen = orders.map(() => 0)
  for (let i = 0; i + shingleWords <= words.length; i++) {
    const hash = tokenHash(words.slice(i, i + shingleWords).join(' '))
    for (const [n, order] of orders.entries()) {
      const place = Math.imul(hash ^ (hash / 0x100000000), order) >>> 0
      if (place >= (least[n] ?? 0)) continue
      least[n] = place
      chosen[n] = hash
    }
  }
  return chosen.map((hash, n) => (hash + n * 0x1000) % 2 ** 52)
}

function levelledWords(text: string): readonly string[] {
  return text
    .slice(0, mostCharacters)
    .toLowerCase()
    .replace(/\S*[@\d/]\S*/g, ' ')
    .split(/[^\p{L}\p{M}]+/u)
    .filter((word) => word.length > 1)
    .slice(0, mostWords)
}
