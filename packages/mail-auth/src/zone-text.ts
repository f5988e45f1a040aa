/** Text as in a zone file (RFC 1035 §5.1): controls as `\DDD`, quotes and backslashes behind a backslash. */
export function toZoneText(text: string): string {
  return text
    .toWellFormed()
    .replace(/["\\]/g, String.raw`\$&`)
    .replace(/[\x00-\x1f\x7f-\x9f]/g, (c) => `\\${String(c.charCodeAt(0)).padStart(3, '0')}`)
}

/** What `toZoneText` was made of. */
export function fromZoneText(text: string): string {
  return text.replace(/\\(\d{3}|[^])/g, (_, escaped: string) =>
    escaped.length === 3 ? String.fromCharCode(Number(escaped)) : escaped,
  )
}
