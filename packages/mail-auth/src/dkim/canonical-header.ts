import { lowerAscii, type Field } from '../message-view.ts'

/** Canonicalization algorithms (RFC 6376 §3.4). */
export type Canonicalization = 'simple' | 'relaxed'

/** One field, canonical, with its CRLF (RFC 6376 §3.4.1, §3.4.2). `text` has no line end of its own. */
export function canonicalField(text: string, canonicalization: Canonicalization): string {
  return canonicalization === 'simple' ? `${text}\r\n` : `${relaxedField(text)}\r\n`
}

/**
 * A signature field as it signs itself (RFC 6376 §3.7): the value of `b=` gone with all white space around it, no CRLF at the
 * end. `start` and `end` are the value's place behind the colon.
 */
export function canonicalSignature(
  field: Field,
  b: { readonly start: number; readonly end: number },
  canonicalization: Canonicalization,
): string {
  const offset = field.text.length - field.value.length
  const text = field.text.slice(0, offset + b.start) + field.text.slice(offset + b.end)
  return canonicalization === 'simple' ? text : relaxedField(text)
}

/**
 * The fields that `h=` names, each name taking the lowest field of that name that is not taken yet (RFC 6376 §5.4.2); a name
 * without one signs that there is none.
 */
export function signedFields(
  names: readonly string[],
  byName: ReadonlyMap<string, readonly Field[]>,
): readonly Field[] {
  const taken = new Map<string, number>()
  const fields: Field[] = []
  for (const written of names) {
    const name = lowerAscii(written)
    const there = byName.get(name) ?? []
    const count = taken.get(name) ?? 0
    taken.set(name, count + 1)
    const field = there[there.length - 1 - count]
    if (field !== undefined) fields.push(field)
  }
  return fields
}

function relaxedField(text: string): string {
  const colon = text.indexOf(':')
  const name = lowerAscii(text.slice(0, colon)).replace(/[ \t\r\n]+/g, '')
  const value = text
    .slice(colon + 1)
    .replace(/\r?\n(?=[ \t])/g, '')
    .replace(/[ \t]+/g, ' ')
  return `${name}:${trimSpace(value)}`
}

/** After runs have become one space, at most one stands at each end. */
function trimSpace(value: string): string {
  const start = value.startsWith(' ') ? 1 : 0
  const end = value.endsWith(' ') ? value.length - 1 : value.length
  return value.slice(start, Math.max(start, end))
}
