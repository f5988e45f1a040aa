import {
  asksForModSeq,
  end,
  parseWith,
  type Cursor,
  type ParseResult,
  type SearchKey,
  type SearchReturn,
} from '@posthouse/imap-wire'
import { prepareSearch, type PreparedSearch } from '@posthouse/mailbox-search'
import type { Reader } from '../session/context.ts'

/**
 * The rest of a command that searches. What is refused with NO has an effect nevertheless (`taken`), so it is
 * no mistake yet; what is answered BAD has none.
 */
export function searching<T>(c: Cursor, parser: (c: Cursor) => T): ParseResult<T> {
  const result = parseWith(c, (rest) => {
    const value = parser(rest)
    end(rest)
    return value
  })
  if (!result.ok && result.error.code === undefined) throw result.error
  return result
}

/** The arguments, where they were accepted. A NO leaves `$` empty (RFC 5182 §2.1). */
export function taken<T>(
  { selected }: Reader,
  result: ParseResult<T>,
  returns: SearchReturn | undefined,
): T {
  if (result.ok) return result.value
  if (returns?.save === true) selected.saved = []
  throw result.error
}

/** A program, ready to run. */
export interface BegunSearch extends PreparedSearch {
  /** The answer tells the highest mod-sequence of what was found (RFC 7162 §3.1.6). */
  readonly tellsModSeq: boolean
}

/** Makes a program ready. One that asks for mod-sequences makes the client aware of them (RFC 7162 §3.1). */
export function beginSearch(
  { selected, enabled }: Reader,
  program: SearchKey,
  returns: SearchReturn | undefined,
): BegunSearch {
  const tellsModSeq = asksForModSeq(program)
  if (tellsModSeq) enabled.add('CONDSTORE')
  // Before `$` is emptied: the program may refer to it.
  const prepared = prepareSearch(selected, program)
  if (returns?.save === true) selected.saved = []
  return { ...prepared, tellsModSeq }
}
