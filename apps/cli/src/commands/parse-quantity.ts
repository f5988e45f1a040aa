const unitMs: Readonly<Record<string, number>> = {
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
  y: 31_536_000_000,
}

/** A time as people write it (`90m`, `12h`, `30d`, `2w`, `1y`), in seconds; undefined for anything else, and for none. */
export function parseDuration(text: string): number | undefined {
  const [, count, unit = ''] = /^(\d{1,6})([mhdwy])$/.exec(text) ?? []
  const seconds = Number(count ?? 0) * ((unitMs[unit] ?? 0) / 1000)
  return seconds > 0 ? seconds : undefined
}

/** A moment to come: how long from now, or a date, UTC. Undefined for anything else. */
export function parseFuture(text: string, now: Date): Date | undefined {
  const seconds = parseDuration(text)
  const moment =
    seconds === undefined ? parseMoment(text, now) : new Date(now.getTime() + seconds * 1000)
  return moment !== undefined && moment > now ? moment : undefined
}

/** A moment as people write it: how long ago (`90m`, `12h`, `3d`, `2w`), or a date, UTC. Undefined for anything else. */
export function parseMoment(text: string, now: Date): Date | undefined {
  const [, count, unit = ''] = /^(\d{1,6})([mhdw])$/.exec(text) ?? []
  const ms = unitMs[unit]
  if (count !== undefined && ms !== undefined) return new Date(now.getTime() - Number(count) * ms)
  if (!/^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2})?Z?)?$/.test(text)) return undefined
  const isDay = text.length === 10
  const instant = new Date(isDay || text.endsWith('Z') ? text : `${text.replace(' ', 'T')}Z`)
  return Number.isNaN(instant.getTime()) ? undefined : instant
}

const unitBytes: Readonly<Record<string, number>> = {
  '': 1,
  K: 1024,
  M: 1024 ** 2,
  G: 1024 ** 3,
  T: 1024 ** 4,
}

/** A size as people write it (`500M`, `5G`, `1.5G`), in octets; undefined for anything else. */
export function parseSize(text: string): number | undefined {
  const [, count, unit = ''] = /^(\d{1,9}(?:\.\d{1,3})?)([KMGT]?)i?B?$/i.exec(text) ?? []
  const bytes = unitBytes[unit.toUpperCase()]
  if (count === undefined || bytes === undefined) return undefined
  const size = Math.round(Number(count) * bytes)
  return Number.isSafeInteger(size) ? size : undefined
}
