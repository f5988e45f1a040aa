/** When a message is to go at the earliest, and how far off that is. */
export interface Release {
  readonly at: Date
  readonly afterMs: number
}

/** `future-release-interval`: seconds, from 1 on (RFC 4865 §4). */
const SECONDS = /^[1-9]\d{0,8}$/

/** `date-time` (RFC 3339 §5.6); the erratum 2040 of RFC 4865 says that it is meant. */
const DATE_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/i

/**
 * Reads HOLDFOR or HOLDUNTIL (RFC 4865 §4); undefined for what is neither. A time that is over is one to go at once: the
 * client's clock may be ahead of ours, and it has waited long enough.
 */
export function parseRelease(
  keyword: 'HOLDFOR' | 'HOLDUNTIL',
  value: string,
  now: number,
): Release | undefined {
  const time = keyword === 'HOLDFOR' ? afterSeconds(value, now) : atTime(value)
  return time === undefined ? undefined : { at: new Date(time), afterMs: time - now }
}

function afterSeconds(value: string, now: number): number | undefined {
  return SECONDS.test(value) ? now + Number(value) * 1000 : undefined
}

function atTime(value: string): number | undefined {
  if (!DATE_TIME.test(value)) return undefined
  const time = Date.parse(value.toUpperCase())
  return Number.isNaN(time) ? undefined : time
}

/** What EHLO says of it (RFC 4865 §4): the longest time in seconds, and the latest moment. */
export function futureReleaseKeyword(seconds: number, now: number): string {
  const latest = new Date(now + seconds * 1000).toISOString().replace(/\.\d+Z$/, 'Z')
  return `FUTURERELEASE ${seconds} ${latest}`
}
