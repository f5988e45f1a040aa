import type { Finding } from '../stage.ts'

/** What another filter made of a message. */
export interface ForeignScore {
  /** `RSPAMD`: before each of its symbols. */
  readonly prefix: string
  readonly total: number
  readonly symbols: readonly Finding[]
}

/** How far another filter is believed. */
export interface ForeignLimits {
  /** What one of its points counts. */
  readonly weight: number
  /** It alone makes no more, and no less: it moves mail to Junk, and can not have it refused. */
  readonly most: number
  readonly least: number
}

/** Junk for certain, refused never. */
export const foreignLimits: ForeignLimits = { weight: 1, most: 12, least: -5 }

/** Symbols that are named; what the others count stands in the balance. */
const mostSymbols = 25

/**
 * Another filter's symbols as findings, heaviest first. Their points, with the balance, are exactly what it is believed: its own
 * sum may be capped, and so is ours.
 */
export function foreignFindings(
  { prefix, total, symbols }: ForeignScore,
  { weight, most, least }: ForeignLimits,
): readonly Finding[] {
  const believed = hundredths(Math.min(most, Math.max(least, total * weight)))
  const named = symbols
    .toSorted((a, b) => Math.abs(b.points) - Math.abs(a.points))
    .slice(0, mostSymbols)
    .map(({ symbol, points, reason }) => {
      return { symbol: `${prefix}_${symbol}`, points: hundredths(points * weight), reason }
    })
  const sum = named.reduce((all, { points }) => all + points, 0)
  const balance = hundredths(believed - sum)
  if (balance === 0) return named
  const reason = `its ${hundredths(total)} points in all count ${believed} here`
  return [...named, { symbol: `${prefix}_BALANCE`, points: balance, reason }]
}

function hundredths(value: number): number {
  // Not minus nothing.
  return Math.round(value * 100) / 100 + 0
}
