/** One `tag-spec` of a tag-list. */
export interface Tag {
  /** Without the white space around it; inside, as written. */
  readonly value: string
  /** Where the value stands in the text, with the white space around it. */
  readonly start: number
  readonly end: number
}

/** A tag-list, or why it is none. */
export type TagList =
  | { readonly ok: true; readonly tags: ReadonlyMap<string, Tag> }
  | { readonly ok: false; readonly because: string }

const tagName = /^[A-Za-z][A-Za-z0-9_]*$/
/** `tval` and FWS between; beyond ASCII for internationalized mail (RFC 8616 §3). */
const tagValue = /^[\x21-\x7e\x80-\uffff \t\r\n]*$/

/**
 * Reads a tag-list (RFC 6376 §3.2) by the letter: names are case-sensitive, a name that stands twice makes the whole list
 * invalid, one semicolon may end it. A Map, since names are the peer's: `__proto__` is a name as any other.
 */
export function parseTagList(text: string): TagList {
  const tags = new Map<string, Tag>()
  let start = 0
  while (start < text.length) {
    const semicolon = text.indexOf(';', start)
    const end = semicolon < 0 ? text.length : semicolon
    const equals = text.indexOf('=', start)
    if (equals < 0 || equals > end) {
      if (semicolon < 0 && trimFws(text.slice(start)) === '' && tags.size > 0) break
      return { ok: false, because: 'a tag without a value' }
    }
    const name = trimFws(text.slice(start, equals))
    const value = trimFws(text.slice(equals + 1, end))
    if (!tagName.test(name) || !tagValue.test(value)) return { ok: false, because: 'no tag-list' }
    if (tags.has(name)) return { ok: false, because: `tag ${name} twice` }
    tags.set(name, { value, start: equals + 1, end })
    start = end + 1
  }
  return tags.size === 0 ? { ok: false, because: 'no tags' } : { ok: true, tags }
}

/** A value without any white space: `base64string`, lists (RFC 6376 §2.10). */
export function withoutFws(value: string): string {
  return value.replace(/[ \t\r\n]+/g, '')
}

/** A colon-separated list, white space around its elements gone. */
export function colonList(value: string): readonly string[] {
  return value.split(':').map(trimFws)
}

/** By hand: a pattern that is anchored at the end only takes quadratic time on long runs. */
function trimFws(text: string): string {
  let start = 0
  let end = text.length
  while (start < end && isFws(text.charCodeAt(start))) start += 1
  while (end > start && isFws(text.charCodeAt(end - 1))) end -= 1
  return text.slice(start, end)
}

function isFws(code: number): boolean {
  return code === 32 || code === 9 || code === 13 || code === 10
}
