import type { Completion } from './completion.ts'

const throttledText = 'Too many failed attempts to sign in; try again later.'

/** Every refusal of this app. The text is for strangers; what happened is for the log. */
export const refusal = {
  unknownCommand: mistake('Unknown command.'),
  tooLong: mistake('Line too long.'),
  notText: mistake('Commands are ASCII text.'),
  signInFirst: mistake('Sign in first.'),
  signedIn: mistake('You are signed in already.'),
  userFirst: mistake('USER comes before PASS.'),
  noSuchMessage: error('No such message.'),
  isDeleted: error('That message is deleted.'),
  isGone: error('That message is no longer there.'),
  unknownMechanism: mistake('Unknown authentication mechanism.'),
  unknownLanguage: error('No such language; LANG alone lists them.'),
  malformedResponse: mistake('That is not a valid response.'),
  cancelled: error('Authentication cancelled.'),
  tlsAlready: mistake('TLS is on already.'),
  privacy: mistake('Use STLS or the TLS port before you sign in.'),
  credentials: { kind: 'error', code: 'AUTH', text: 'Wrong login or password.' },
  lastCredentials: {
    kind: 'error',
    code: 'AUTH',
    text: 'Wrong login or password, too many times.',
    next: { kind: 'end' },
  },
  /** Not AUTH, which says that the password is wrong (RFC 3206 §4, §5): clients would ask for another one. */
  throttled: { kind: 'error', code: 'SYS/TEMP', text: throttledText },
  lastThrottled: { kind: 'error', code: 'SYS/TEMP', text: throttledText, next: { kind: 'end' } },
  mistakes: { kind: 'error', text: 'Too many mistakes.', next: { kind: 'end' } },
  disabled: { kind: 'error', code: 'AUTH', text: 'This account is disabled.' },
  otherIdentity: { kind: 'error', code: 'AUTH', text: 'You may sign in as yourself only.' },
  tooManySessions: {
    kind: 'error',
    code: 'SYS/TEMP',
    text: 'Too many sessions of this account are open; close one, or try later.',
  },
  /** RFC 2449 §8.1.2. */
  inUse: { kind: 'error', code: 'IN-USE', text: 'Another session has this maildrop open.' },
  unavailable: {
    kind: 'error',
    code: 'SYS/TEMP',
    text: 'The mailbox is not available now; try again later.',
  },
  notRemoved: {
    kind: 'error',
    code: 'SYS/TEMP',
    text: 'Some deleted messages were not removed; they will be there next time.',
    next: { kind: 'end' },
  },
  notHidden: {
    kind: 'error',
    code: 'SYS/PERM',
    text: 'The deleted messages are still there: this account has too many keywords to hide them.',
    next: { kind: 'end' },
  },
  internal: {
    kind: 'error',
    code: 'SYS/TEMP',
    text: 'Something went wrong here; try again later.',
    next: { kind: 'end' },
  },
} as const satisfies Readonly<Record<string, Completion>>

/** The last line of a session that ends although its client did nothing. */
export const farewell = {
  shuttingDown: '-ERR [SYS/TEMP] The server is going down; sign in again in a moment.\r\n',
  accountChanged: '-ERR [AUTH] This account has changed; sign in again.\r\n',
  kicked: '-ERR [SYS/TEMP] The administrator has ended this session.\r\n',
  lostHold: '-ERR [IN-USE] Another session has taken this maildrop.\r\n',
  busy: '-ERR [SYS/TEMP] Too many connections; try again later.\r\n',
} as const

/** A sign-in too soon after the last one (RFC 2449 §8.1.1). */
export function tooSoon(seconds: number): Completion {
  const text = `Sign in again in ${seconds} ${seconds === 1 ? 'second' : 'seconds'}.`
  return { kind: 'error', code: 'LOGIN-DELAY', text }
}

/** A command whose arguments are not what it takes. */
export function usage(text: string): Completion {
  return { kind: 'error', text: `Write: ${text}`, isMistake: true }
}

function error<Text extends string>(text: Text) {
  return { kind: 'error', text } as const
}

function mistake<Text extends string>(text: Text) {
  return { kind: 'error', text, isMistake: true } as const
}
