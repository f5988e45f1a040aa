import { limits } from '../limits.ts'
import type { Allowance } from './read-command.ts'

const stranger: Allowance = {
  lineBytes: limits.strangerLineBytes,
  literalBytes: limits.strangerLiteralBytes,
  commandLiteralBytes: limits.strangerLiteralBytes,
  messageBytes: 0,
}

/** What a client may send: little before sign-in, messages only after it. */
export function allowanceOf(isSignedIn: boolean, messageBytes: number): Allowance {
  if (!isSignedIn) return stranger
  return {
    lineBytes: limits.lineBytes,
    literalBytes: limits.literalBytes,
    commandLiteralBytes: limits.commandLiteralBytes,
    messageBytes,
  }
}
