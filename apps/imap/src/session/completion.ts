import type { ResponseCode } from '@posthouse/imap-wire'
import type { Transition } from './transition.ts'

/** How a command ended: the tagged response without its tag (RFC 3501 §7.1). */
export interface Completion {
  readonly status: 'OK' | 'NO' | 'BAD'
  readonly code?: ResponseCode
  /** For the person in front of the client. Never says why inside of the server something failed. */
  readonly text: string
  /** What the session becomes with this answer. */
  readonly become?: Transition
}

/** The command was carried out. */
export function ok(text: string, code?: ResponseCode, become?: Transition): Completion {
  return complete('OK', text, code, become)
}

/** The command was understood and could not be carried out. */
export function no(text: string, code?: ResponseCode, become?: Transition): Completion {
  return complete('NO', text, code, become)
}

/** The command was not understood, or has no place here. */
export function bad(text: string, code?: ResponseCode): Completion {
  return complete('BAD', text, code, undefined)
}

function complete(
  status: Completion['status'],
  text: string,
  code: ResponseCode | undefined,
  become: Transition | undefined,
): Completion {
  return {
    status,
    text,
    ...(code === undefined ? {} : { code }),
    ...(become === undefined ? {} : { become }),
  }
}
