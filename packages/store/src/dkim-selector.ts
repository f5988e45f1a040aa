import type { DkimAlgorithm } from './dkim-keys.ts'

/**
 * A selector by the week it was made in (ISO 8601) and its kind: `p2026w48r`, and `p2026w48r2` where that was used before. A
 * selector is never used twice: caches would give the old key for the new one (RFC 6376 §3.1).
 */
export function newSelector(
  algorithm: DkimAlgorithm,
  at: Date,
  taken: ReadonlySet<string>,
): string {
  const name = `p${isoWeek(at)}${algorithm === 'ed25519' ? 'e' : 'r'}`
  if (!taken.has(name)) return name
  let n = 2
  while (taken.has(`${name}${n}`)) n += 1
  return `${name}${n}`
}

/** `selector = sub-domain *( "." sub-domain )` (RFC 6376 §3.1), in lower case; the name it stands in must fit into DNS. */
export function isSelector(text: string, domain: string): boolean {
  const labels = text.split('.')
  return (
    labels.every((label) => /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(label)) &&
    `${text}._domainkey.${domain}`.length <= 253
  )
}

/** The week that a day's Thursday is in: `2026w48`. */
function isoWeek(at: Date): string {
  const day = new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate()))
  day.setUTCDate(day.getUTCDate() + 4 - (day.getUTCDay() || 7))
  const year = day.getUTCFullYear()
  const week = Math.ceil(((day.getTime() - Date.UTC(year, 0, 1)) / 86_400_000 + 1) / 7)
  return `${year}w${String(week).padStart(2, '0')}`
}
