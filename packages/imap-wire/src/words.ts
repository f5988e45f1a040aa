import type { Cursor } from './cursor.ts'
import { atomChar, wordChar } from './octet-class.ts'

const sp = 0x20
const open = 0x28
const close = 0x29

/**
 * `SP`.
 *
 * QUIRK: several count as one, and lists may have some at their ends; Apache James's scripts have
 * `STORE 1  FLAGS` and `(UNSEEN RECENT )`, and Dovecot and James take them.
 */
export function space(c: Cursor): void {
  c.expect(sp, 'a space')
  skipSpaces(c)
}

/** True, and consumed, when a space comes next. */
export function acceptSpace(c: Cursor): boolean {
  if (!c.accept(sp)) return false
  skipSpaces(c)
  return true
}

/** Consume any number of spaces. */
export function skipSpaces(c: Cursor): void {
  while (c.accept(sp)) continue
}

/**
 * The end of the command.
 *
 * QUIRK: spaces before the CRLF are forgiven; embedded clients send `NOOP ` and `LOGOUT `.
 */
export function end(c: Cursor): void {
  skipSpaces(c)
  if (c.isAtEnd()) return
  c.fail('unexpected text at the end of the command')
}

/** `atom = 1*ATOM-CHAR` (RFC 3501 §9), as it was spelt. */
export function atom(c: Cursor): string {
  const text = c.run(atomChar)
  if (text === '') c.fail('expected an atom')
  return text
}

/** A word of the grammar itself (item, key, option), in upper case; empty text when none comes. */
export function word(c: Cursor): string {
  return c.run(wordChar).toUpperCase()
}

/** True when a `(` comes next. */
export function opensList(c: Cursor): boolean {
  return c.peek() === open
}

/** `"(" item *(SP item) ")"`. Fails on an empty list. */
export function list<T>(c: Cursor, item: (c: Cursor) => T): T[] {
  const items = optionalList(c, item)
  if (items.length === 0) c.fail('the list is empty')
  return items
}

/** `"(" [item *(SP item)] ")"`. */
export function optionalList<T>(c: Cursor, item: (c: Cursor) => T): T[] {
  c.expect(open, '"("')
  const items: T[] = []
  skipSpaces(c)
  if (c.accept(close)) return items
  items.push(item(c))
  while (acceptSpace(c) && c.peek() !== close) items.push(item(c))
  c.expect(close, '")"')
  return items
}
