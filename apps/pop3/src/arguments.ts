/** No arguments: what `parse` gives then. */
export interface Nothing {
  readonly kind: 'nothing'
}

const nothingAtAll: Nothing = { kind: 'nothing' }

/** Takes no arguments. QUIRK: blanks behind the verb are let pass; old Outlook sends `AUTH `. */
export function nothing(rest: Buffer): Nothing | undefined {
  return rest.toString('latin1').trim() === '' ? nothingAtAll : undefined
}

/** `msg` (RFC 1939 §5): a decimal number, not negative. Zero is nobody's number, but one. */
export function messageNumber(rest: Buffer): number | undefined {
  return numbers(rest, 1)?.[0]
}

/** `[msg]`: the number, or `all`. */
export function optionalNumber(rest: Buffer): number | 'all' | undefined {
  return nothing(rest) === undefined ? messageNumber(rest) : 'all'
}

/** `msg n` (TOP). */
export function twoNumbers(rest: Buffer): { msg: number; lines: number } | undefined {
  const [msg, lines] = numbers(rest, 2) ?? []
  return msg === undefined || lines === undefined ? undefined : { msg, lines }
}

function numbers(rest: Buffer, count: number): number[] | undefined {
  const words = rest.toString('latin1').trim().split(/ +/)
  if (words.length !== count || !words.every((word) => /^\d{1,15}$/.test(word))) return undefined
  return words.map(Number)
}

/** Longest login or password in octets, as in sasl. */
const maxFieldBytes = 1024

/**
 * A login or a password, which may have blanks in it (RFC 1939 §7, PASS): UTF-8 in NFC, as SASL
 * has it, so that both ways of signing in mean the same.
 */
export function credential(rest: Buffer): string | undefined {
  if (rest.length === 0 || rest.length > maxFieldBytes) return undefined
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(rest).normalize('NFC')
  } catch {
    // Not UTF-8: nobody's name, nobody's password.
    return undefined
  }
}
