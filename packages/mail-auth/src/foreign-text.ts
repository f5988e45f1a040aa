/**
 * Text of strangers for a verdict: one line without controls, cut. Verdicts are kept in places that take no NUL, and are shown
 * on terminals.
 */
export function foreignText(text: string, maxLength: number): string {
  return text
    .slice(0, maxLength)
    .replace(/[\x00-\x1f\x7f-\x9f]/g, '?')
    .toWellFormed()
}
