import { isInbox } from './mailbox-name.ts'

/** A LIST pattern made ready for many names. */
export interface ListPattern {
  /** Does the whole name match? */
  matches(name: string): boolean
}

const any = '*'
const level = '%'

/**
 * Make a matcher: `*` stands for any characters, `%` for any but the hierarchy delimiter
 * (RFC 3501 §6.3.8). INBOX matches in any case.
 *
 * All alternatives advance together over the name, one character at a time, so the time is at most
 * pattern times name: no backtracking that a pattern could blow up (CVE-2021-40110 in another house).
 */
export function compileListPattern(pattern: string, delimiter = '/'): ListPattern {
  const tokens = collapse(pattern)
  const folded = collapse(pattern.toUpperCase())
  return {
    matches: (name) =>
      isInbox(name) ? run(folded, name.toUpperCase(), delimiter) : run(tokens, name, delimiter),
  }
}

/** Runs of wildcards mean what their strongest member means. */
function collapse(pattern: string): string {
  let out = ''
  for (const char of pattern.split('')) {
    const before = out.at(-1)
    const isWild = char === any || char === level
    const wasWild = before === any || before === level
    if (!isWild || !wasWild) out += char
    else if (char === any) out = out.slice(0, -1) + any
  }
  return out
}

/** Positions in the pattern that the name read so far can have reached, ascending, without repeats. */
function run(tokens: string, name: string, delimiter: string): boolean {
  if (tokens === any) return true
  let reached = [0]
  closeOver(tokens, reached)
  for (let at = 0; at < name.length; at += 1) {
    reached = step(tokens, reached, name.charAt(at), delimiter)
    if (reached.length === 0) return false
  }
  return reached.at(-1) === tokens.length
}

function step(tokens: string, reached: number[], char: string, delimiter: string): number[] {
  const next: number[] = []
  for (const position of reached) {
    if (position === tokens.length) continue
    const token = tokens.charAt(position)
    if (token === any || (token === level && char !== delimiter)) add(next, position)
    else if (token === char) add(next, position + 1)
    else continue
    closeOver(tokens, next)
  }
  return next
}

/** A wildcard may stand for nothing: whoever stands before one stands after it as well. */
function closeOver(tokens: string, reached: number[]): void {
  const last = reached.at(-1)
  if (last === undefined) return
  const token = tokens.charAt(last)
  if (token === any || token === level) reached.push(last + 1)
}

function add(reached: number[], position: number): void {
  const last = reached.at(-1)
  if (last === undefined || last < position) reached.push(position)
}
