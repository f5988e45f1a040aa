import type { TokenSet } from './token-set.ts'
import type { Views } from './token-store.ts'
import { voices, weightOf, type View } from './weights.ts'

const mostTelling = 5

/** The tokens whose share in the score is the largest, with how far each leans. */
export function mostTellingOf(
  tokens: Views<TokenSet>,
  { sums }: Pick<View, 'sums'>,
): readonly (readonly [token: string, weight: number])[] {
  const weighed: (readonly [text: string, lean: number, share: number])[] = []
  for (const name of ['content', 'manner'] as const) {
    const { hashes } = tokens[name]
    const share = voices[name] / Math.sqrt(hashes.length)
    for (const hash of hashes) {
      const known = sums.get(hash)
      if (known === undefined) continue
      const lean = weightOf(known)
      weighed.push([tokens[name].textOf(hash), lean, Math.abs(lean) * share])
    }
  }
  return weighed
    .toSorted(([, , a], [, , b]) => b - a)
    .slice(0, mostTelling)
    .map(([text, lean]) => [text, lean])
}
