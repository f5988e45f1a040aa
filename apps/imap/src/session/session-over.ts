/** What is said with BYE when the server ends a session (RFC 3501 §7.1.5); undefined: nobody listens. */
export const farewell = {
  closed: undefined,
  timeout: 'Autologout; nothing was heard for too long',
  draining: 'The server is going down; connect again in a moment',
  account: 'This account has changed; sign in again',
  kicked: 'The administrator has ended this session',
  flood: 'More was announced than this server reads',
  stranger: 'Too many commands without signing in',
  nonsense: 'Too many commands that make no sense',
  passwords: 'Too many wrong passwords',
  mailboxGone: 'The selected mailbox was removed',
  unknown: 'The database went away in the middle; look what was done',
  bug: 'The server failed; it has been recorded',
} as const

/** Thrown inside of a session to end it from wherever it is. The farewell is said first. */
export class SessionOver extends Error {
  readonly farewell: string | undefined

  constructor(words?: string) {
    super('the session is over')
    this.farewell = words
  }
}
