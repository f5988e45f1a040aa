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
  return JSON.stringify(value)
}
