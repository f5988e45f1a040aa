import type { Cursor } from './cursor.ts'
import { octetClass, tagChar, wordChar } from './octet-class.ts'
import { acceptSpace, space, word } from './words.ts'

/** What every command begins with. */
export interface CommandStart {
  readonly tag: string
  /** In upper case; `UID` commands are named with their verb: `UID FETCH`. */
  readonly name: string
}

/** `tag SP command` (RFC 3501 §9). The cursor then stands before the space, or at the end. */
export function commandStart(c: Cursor): CommandStart {
  const tag = c.run(tagChar)
  if (tag === '') c.fail('expected a tag')
  space(c)
  const name = word(c)
  if (name === '') c.fail('expected a command')
  if (name !== 'UID') return { tag, name }
  const start = c.mark()
  if (acceptSpace(c)) {
    const verb = word(c)
    if (verb !== '') return { tag, name: `UID ${verb}` }
  }
  c.reset(start)
  return { tag, name }
}

/**
 * The tag and, as far as they can be read, the name of the command that a line begins: for tagging a
 * BAD, and for limits that depend on the command before its literal is accepted. Never fails.
 */
export function peekCommand(line: Buffer): { readonly tag?: string; readonly name?: string } {
  const tag = readRun(line, 0, tagChar)
  if (tag === '' || tag.length > maxTagOctets) return {}
  const after = tag.length
  if (after < line.length && line[after] !== 0x20) return {}
  const name = readRun(line, after + 1, wordChar).toUpperCase()
  if (name === '') return { tag }
  if (name !== 'UID') return { tag, name }
  const verb = readRun(line, after + 5, wordChar).toUpperCase()
  return { tag, name: verb === '' ? name : `UID ${verb}` }
}

/** A longer tag is not repeated in an answer. */
const maxTagOctets = 255

function readRun(line: Buffer, start: number, classes: number): string {
  let end = start
  while (end < line.length && (octetClass[line[end] ?? 0] ?? 0) & classes) end += 1
  return line.toString('latin1', start, end)
}
