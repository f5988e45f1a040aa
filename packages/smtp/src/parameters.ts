import type { Reply } from './reply.ts'

/** Parameters of MAIL or RCPT: keyword in upper case, value undefined where there was no `=`. */
export type Parameters = ReadonlyMap<string, string | undefined>

/** `esmtp-keyword` (RFC 5321 §4.1.2). */
const KEYWORD = /^[A-Z0-9][A-Z0-9-]*$/

/** `esmtp-value` (RFC 5321 §4.1.2), with UTF8-non-ascii (RFC 6531 §3.3). */
const VALUE = /^[!-<>-~\u0080-\u{10ffff}]+$/u

/**
 * Reads ` KEYWORD[=value] …`. Undefined where the grammar does not hold or a keyword comes twice
 * (RFC 5321 §4.1.1.11: each once).
 */
export function parseParameters(text: string): Parameters | undefined {
  const found = new Map<string, string | undefined>()
  if (text !== '' && !/^[ \t]/.test(text)) return undefined
  for (const word of text.split(/[ \t]+/)) {
    if (word === '') continue
    const equals = word.indexOf('=')
    const keyword = (equals < 0 ? word : word.slice(0, equals)).toUpperCase()
    const value = equals < 0 ? undefined : word.slice(equals + 1)
    if (!KEYWORD.test(keyword) || found.has(keyword)) return undefined
    if (value !== undefined && !VALUE.test(value)) return undefined
    found.set(keyword, value)
  }
  return found
}

/** Either what was asked, or the refusal. */
export type Read<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly reply: Reply }

/** Not taken, and why. */
export function refuse(reply: Reply): { readonly ok: false; readonly reply: Reply } {
  return { ok: false, reply }
}
