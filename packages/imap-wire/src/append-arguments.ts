import type { Cursor } from './cursor.ts'
import { dateTime, startsDateTime } from './dates.ts'
import { flagList } from './flags.ts'
import { mailbox } from './mailbox-name.ts'
import { anyLiteral } from './strings.ts'
import { opensList, space, word } from './words.ts'

/** APPEND's arguments (RFC 3501 §6.3.11). */
export interface AppendArguments {
  readonly mailbox: string
  readonly flags: readonly string[]
  /** Absent: the time of the command. */
  readonly date?: Date
  /** The message as it came, not copied. May contain NUL: whoever stores it refuses that. */
  readonly octets: Buffer
  /** The message came as `UTF8 (~{n} …)` (RFC 6855 §4). */
  readonly isUtf8: boolean
  /** The message came as literal8 (RFC 3516 §4.4). */
  readonly isBinary: boolean
}

/** What stands before the message: enough to refuse an APPEND before its literal is read. */
export type AppendTarget = Pick<AppendArguments, 'mailbox' | 'flags' | 'date'>

/** `mailbox [SP flag-list] [SP date-time] SP literal` (RFC 3501 §9). */
export function appendArguments(c: Cursor): AppendArguments {
  const target = appendTarget(c)
  const isUtf8 = word(c) === 'UTF8'
  if (!isUtf8) return { ...target, ...anyLiteral(c), isUtf8 }
  // `append-data =/ "UTF8" SP "(" literal8 ")"` (RFC 6855 §4).
  space(c)
  c.expect(0x28, '"("')
  const data = anyLiteral(c)
  c.expect(0x29, '")"')
  return { ...target, ...data, isUtf8 }
}

/** The arguments up to the space before the message. */
export function appendTarget(c: Cursor): AppendTarget {
  const name = mailbox(c)
  space(c)
  const hasFlags = opensList(c)
  const flags = hasFlags ? flagList(c) : []
  if (hasFlags) space(c)
  if (!startsDateTime(c)) return { mailbox: name, flags }
  const date = dateTime(c)
  space(c)
  return { mailbox: name, flags, date }
}
