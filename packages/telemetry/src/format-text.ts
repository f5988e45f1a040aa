/** One JSON log line as text for a terminal: time, level, app, event, then `key=value`. */
export function formatText(line: string): string {
  const record: unknown = JSON.parse(line)
  if (typeof record !== 'object' || record === null) return line
  const { level, time, app, event, ...rest } = record as Record<string, unknown>
  const clock = String(time).slice(11, 23)
  const fields = Object.entries(rest).map(([key, value]) => `${key}=${show(value)}`)
  const head = [clock, String(level).toUpperCase().padEnd(5), app ?? '-', event].map(String)
  return `${[...head, ...fields].join(' ')}\n`
}

function show(value: unknown): string {
  if (typeof value === 'string' && /^[\w.:@/[\]-]+$/.test(value)) return value
  return JSON.stringify(value).replaceAll(
    hidden,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/** JSON leaves these as they are; a terminal obeys the first of them, and the others turn a line round. */
const hidden = /[\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g
