/** A span of time in its largest unit: `31m`, `2h`, `5d`. */
export function spanText(ms: number): string {
  const minutes = Math.max(0, ms) / 60_000
  if (minutes < 1) return `${Math.ceil(minutes * 60)}s`
  if (minutes < 120) return `${Math.round(minutes)}m`
  return minutes < 48 * 60 ? `${Math.round(minutes / 60)}h` : `${Math.round(minutes / 1_440)}d`
}
