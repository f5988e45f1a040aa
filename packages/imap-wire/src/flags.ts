import type { Cursor } from './cursor.ts'
import { atomChar } from './octet-class.ts'
import { acceptSpace, atom, opensList, optionalList, space } from './words.ts'

/** The system flags that a client may set, as they are spelt in answers (RFC 3501 §2.3.2). */
export const systemFlags = ['\\Answered', '\\Flagged', '\\Deleted', '\\Seen', '\\Draft'] as const

const canonical = new Map<string, string>(systemFlags.map((name) => [name.toUpperCase(), name]))
const backslash = 0x5c

/** Longest keyword that is taken, in octets. */
export const maxKeywordOctets = 255

/**
 * `flag` (RFC 3501 §9): a system flag in its usual spelling, or a keyword as the client spelt it.
 * `\Recent`, `\*` and system flags that do not exist cannot be set by a client and are refused.
 */
export function flag(c: Cursor): string {
  if (c.peek() !== backslash) return keyword(c)
  c.next()
  const name = c.run(atomChar)
  return canonical.get(`\\${name.toUpperCase()}`) ?? c.fail('no such system flag, or not settable')
}

/** `flag-keyword = atom`. */
export function keyword(c: Cursor): string {
  const name = atom(c)
  if (name.length > maxKeywordOctets) c.fail('the keyword is too long', 'LIMIT')
  return name
}

/** `flag-list = "(" [flag *(SP flag)] ")"`; repeats are dropped. */
export function flagList(c: Cursor): string[] {
  return [...new Set(optionalList(c, flag))]
}

/** What STORE does with its flags. */
export interface StoreAction {
  readonly op: 'set' | 'add' | 'remove'
  /** `.SILENT`: the client does not want the new flags told. */
  readonly isSilent: boolean
  readonly flags: readonly string[]
}

/**
 * `store-att-flags = (["+" / "-"] "FLAGS" [".SILENT"]) SP (flag-list / (flag *(SP flag)))`
 * (RFC 3501 §9).
 */
export function storeAction(c: Cursor): StoreAction {
  const op = c.accept(0x2b) ? 'add' : c.accept(0x2d) ? 'remove' : 'set'
  const name = atom(c).toUpperCase()
  if (name !== 'FLAGS' && name !== 'FLAGS.SILENT') c.fail('expected FLAGS or FLAGS.SILENT')
  space(c)
  const flags = opensList(c) ? flagList(c) : bareFlags(c)
  return { op, isSilent: name === 'FLAGS.SILENT', flags }
}

function bareFlags(c: Cursor): string[] {
  const flags = new Set([flag(c)])
  while (acceptSpace(c)) flags.add(flag(c))
  return [...flags]
}

/** `"(" [use-attr *(SP use-attr)] ")"` of CREATE … (USE …) (RFC 6154 §6): `\Sent` and the like. */
export function useAttributes(c: Cursor): string[] {
  return optionalList(c, (inner) => {
    inner.expect(backslash, 'a special-use attribute')
    return `\\${atom(inner)}`
  })
}

/** Can this text be a keyword on the wire? For names that come from elsewhere than a command. */
export function isKeyword(name: string): boolean {
  return (
    name.length <= maxKeywordOctets && /^[\x21-\x7e]+$/.test(name) && !/[(){%*"\\\]]/.test(name)
  )
}
