import type { Cursor } from './cursor.ts'
import { dateTime, startsDateTime } from './dates.ts'
import { flagList } from './flags.ts'
import { mailbox } from './mailbox-name.ts'
import { sequenceNumber, type SequenceSet } from './sequence-set.ts'
import { anyLiteral } from './strings.ts'
import { acceptSpace, opensList, space, word } from './words.ts'

const tilde = 0x7e

/** A message with what is said about it (RFC 3501 §6.3.11, RFC 3502 §6.3.11). */
export interface AppendMessage {
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

/** APPEND's arguments. */
export interface AppendArguments {
  readonly mailbox: string
  /** At least one. */
  readonly messages: readonly AppendMessage[]
}

/** `mailbox 1*append-message` (RFC 3502 §6.3.11). */
export function appendArguments(c: Cursor): AppendArguments {
  const name = mailbox(c)
  space(c)
  const messages = [appendMessage(c)]
  while (acceptSpace(c) && !c.isAtEnd()) {
    c.needs('MULTIAPPEND')
    messages.push(appendMessage(c))
  }
  return { mailbox: name, messages }
}

/** REPLACE's arguments. */
export interface ReplaceArguments {
  /** One message of the selected mailbox. */
  readonly replaced: SequenceSet
  readonly mailbox: string
  readonly message: AppendMessage
}

/** `seq-number SP mailbox append-message`, the number being a UID in UID REPLACE (RFC 8508 §5). */
export function replaceArguments(c: Cursor): ReplaceArguments {
  const message = sequenceNumber(c)
  space(c)
  const name = mailbox(c)
  space(c)
  return {
    replaced: [{ first: message, last: message }],
    mailbox: name,
    message: appendMessage(c),
  }
}

/**
 * The mailbox that a message is sent to, where the command, so far, is APPEND or REPLACE: the cursor stands behind the
 * command's name.
 */
export function messageTarget(c: Cursor, name: string): string {
  space(c)
  if (name !== 'APPEND') {
    sequenceNumber(c)
    space(c)
  }
  return mailbox(c)
}

/** Words before the mailbox of the commands that carry a message; what comes behind it may be one. */
const wordsBeforeMailbox: ReadonlyMap<string, number> = new Map([
  ['APPEND', 2],
  ['REPLACE', 3],
  ['UID REPLACE', 4],
])

/**
 * Whether the literal that a command's first line announces at `start` is a message, and not the mailbox's name, which may
 * be a literal too (RFC 3501 §6.3.11).
 */
export function announcesMessage(name: string | undefined, line: Buffer, start: number): boolean {
  const before = wordsBeforeMailbox.get(name ?? '')
  if (before === undefined) return false
  const words = line.toString('latin1', 0, start).split(' ')
  return words.filter((each) => each !== '').length > before
}

/** Whether a command with this name carries a message. */
export function carriesMessage(name: string | undefined): boolean {
  return wordsBeforeMailbox.has(name ?? '')
}

/** `[flag-list SP] [date-time SP] literal`, without the space before it (RFC 3501 §9). */
export function appendMessage(c: Cursor): AppendMessage {
  const hasFlags = opensList(c)
  const flags = hasFlags ? flagList(c) : []
  if (hasFlags) space(c)
  const date = startsDateTime(c) ? dateTime(c) : undefined
  if (date !== undefined) space(c)
  const isUtf8 = word(c) === 'UTF8'
  return { flags, ...(date === undefined ? {} : { date }), ...data(c, isUtf8), isUtf8 }
}

function data(c: Cursor, isUtf8: boolean): Pick<AppendMessage, 'octets' | 'isBinary'> {
  if (!isUtf8) {
    if (c.peek() === tilde) c.needs('BINARY')
    return anyLiteral(c)
  }
  c.needs('UTF8=ACCEPT')
  // `append-data =/ "UTF8" SP "(" literal8 ")"` (RFC 6855 §4).
  space(c)
  c.expect(0x28, '"("')
  const literal = anyLiteral(c)
  c.expect(0x29, '")"')
  return literal
}
