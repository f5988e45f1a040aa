import { exitCodes, type ExitName } from './exit-codes.ts'

/** A failure that is told to the person at the terminal, with what to do about it. */
export class CliError extends Error {
  /** Stable and dotted: `account.not_found`. */
  readonly code: string
  /** What to do next, in one line. */
  readonly hint: string | undefined
  readonly exit: number

  constructor(exit: ExitName, code: string, message: string, hint?: string) {
    super(message)
    this.name = 'CliError'
    this.code = code
    this.hint = hint
    this.exit = exitCodes[exit]
  }
}
