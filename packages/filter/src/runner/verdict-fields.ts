import type { Finding } from '../stage.ts'
import type { FilterVerdict } from '../verdict.ts'
import { symbolName } from './clean.ts'

/**
 * The verdict as header fields, whole, folded, with CRLF, ASCII only: what is short enough for a header. The whole of it, with
 * reasons and stages, is in the store. Built from our own words and symbols only, so nothing of the message can get in.
 *
 * A message may bear fields of these names already: octets of others are kept, so ours stand before them, and a reader takes the
 * first.
 */
export function verdictFields(verdict: FilterVerdict): string {
  const { action, points, junkAt, reason, findings } = verdict
  const of = junkAt === undefined ? '' : ` of ${figure(junkAt)}`
  const why = reason === undefined ? '' : `; ${reason}`
  const first = `X-Posthouse-Verdict: ${action}; ${figure(points)}${of} points${why}\r\n`
  const told = findings.slice(0, MAX_TOLD).map(worded)
  if (told.length < findings.length) told.push(`and ${findings.length - told.length} more`)
  return first + (told.length === 0 ? '' : folded('X-Posthouse-Findings:', told))
}

function worded({ symbol, points }: Finding): string {
  return `${symbolName(symbol)} ${figure(points)}`
}

/** `1.5`, `-0.25`, `1000`: at most two decimals, never an exponent. */
function figure(points: number): string {
  const rounded = Math.round(points * 100) / 100
  return String(Object.is(rounded, -0) || !Number.isFinite(rounded) ? 0 : rounded)
}

/** Lines of at most 78 characters (RFC 5322 §2.1.1), folded between items (§2.2.3). */
function folded(name: string, items: readonly string[]): string {
  const lines: string[] = []
  let line = name
  for (const [at, item] of items.entries()) {
    const text = at + 1 < items.length ? `${item},` : item
    if (line.length + 1 + text.length > MAX_LINE) {
      lines.push(line)
      line = ''
    }
    line += ` ${text}`
  }
  return `${[...lines, line].join('\r\n')}\r\n`
}

const MAX_LINE = 78
/** Symbols that are told in the header. */
const MAX_TOLD = 20
