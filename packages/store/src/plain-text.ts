/** Longest text of a stranger's that is kept in a column of its own. */
const maxLength = 2_000

/**
 * A stranger's text (a reply) as Postgres can keep it and a terminal can show it: no controls but line feed, NUL above all, no
 * half characters, capped. Null where there is none.
 */
export function plainText(text: string | undefined): string | null {
  if (text === undefined) return null
  return (
    text
      .slice(0, maxLength)
      .toWellFormed()
      // oxlint-disable-next-line no-control-regex
      .replaceAll(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/g, ' ')
  )
}

/** The same for what must be one line (an ENVID or ORCPT that was decoded from xtext): it goes into headers of reports. */
export function plainLine(text: string | undefined): string | null {
  return plainText(text)?.replaceAll('\n', ' ') ?? null
}
