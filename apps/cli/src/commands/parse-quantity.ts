const unitMs: Readonly<Record<string, number>> = {
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
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
