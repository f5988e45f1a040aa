/**
 * Why a well-formed command is refused nevertheless: the RFC 5530 (or RFC 3501 §7.1) response code
 * that belongs into a tagged NO. Without a code the answer is a tagged BAD.
 */
export type RefusalCode = 'CANNOT' | 'BADCHARSET' | 'LIMIT'

/**
 * Thrown by every parser of this package, and nothing else is.
 *
 * `message` is meant for the client's eyes: it never repeats what the client sent. `position` counts
 * octets from the start of the command, literals included.
 */
export class ImapSyntaxError extends Error {
  readonly position: number
  /** Absent: answer BAD. Present: the grammar was kept, answer NO with this code. */
  readonly code: RefusalCode | undefined

  constructor(text: string, position: number, code?: RefusalCode) {
    super(text)
    this.name = 'ImapSyntaxError'
    this.position = position
    this.code = code
  }
}
