import type { SessionProtocol } from '@posthouse/app'
import type { Secret } from '@posthouse/config'

/** Who signs in. */
export interface Credentials {
  readonly login: string
  readonly password: Secret
}

/** Lines of a server, and what is said to it. */
export interface Wire {
  /** The next line; throws when the server has closed. */
  read(): Promise<string>
  say(line: string): void
}

/** What the server said to a sign-in, read by its codes. */
export type Answer =
  | { readonly kind: 'in' }
  /** Not this account with this password. */
  | { readonly kind: 'refused'; readonly words: string }
  /** Not now: its own fault, or too many failures. */
  | { readonly kind: 'later'; readonly words: string }
  /** So many sessions are open, or the maildrop is in use: the password was right. */
  | { readonly kind: 'occupied'; readonly words: string }

type Dialogue = (wire: Wire, credentials: Credentials) => Promise<Answer>

/** Signs in by SASL PLAIN (RFC 4616) over a connection that stands, and says goodbye. */
export const dialogues: Readonly<Record<SessionProtocol, Dialogue>> = {
  /** RFC 9051 §6.2.2; codes: RFC 5530 §3. */
  async imap(wire, credentials) {
    const greeting = await wire.read()
    if (!greeting.startsWith('* OK')) return { kind: 'later', words: greeting }
    wire.say('a AUTHENTICATE PLAIN')
    const line = await answered(wire, '+', credentials, (text) => text.startsWith('a '))
    wire.say('b LOGOUT')
    if (line.startsWith('a OK')) return { kind: 'in' }
    const words = line.replace(/^a /, '')
    if (/\[LIMIT\]/.test(line)) return { kind: 'occupied', words }
    const isRefused = /\[(?:AUTHENTICATIONFAILED|CONTACTADMIN|AUTHORIZATIONFAILED)\]/.test(line)
    return { kind: isRefused ? 'refused' : 'later', words }
  },
  /** RFC 5034 §4; codes: RFC 3206 §4, RFC 2449 §8.1. */
  async pop3(wire, credentials) {
    const greeting = await wire.read()
    if (!greeting.startsWith('+OK')) return { kind: 'later', words: greeting }
    wire.say('AUTH PLAIN')
    const line = await answered(wire, '+ ', credentials, (text) => /^(?:\+OK|-ERR)/.test(text))
    wire.say('QUIT')
    if (line.startsWith('+OK')) return { kind: 'in' }
    if (/\[(?:IN-USE|LOGIN-DELAY)\]|too many sessions/i.test(line))
      return { kind: 'occupied', words: line }
    return { kind: line.includes('[AUTH]') ? 'refused' : 'later', words: line }
  },
  /** RFC 4954 §4, §6. */
  async submission(wire, credentials) {
    const greeting = await lastLine(wire)
    if (!greeting.startsWith('220')) return { kind: 'later', words: greeting }
    wire.say('EHLO localhost')
    await lastLine(wire)
    wire.say('AUTH PLAIN')
    const line = await answered(wire, '334', credentials, (text) => /^\d{3} /.test(text))
    wire.say('QUIT')
    if (line.startsWith('235')) return { kind: 'in' }
    return { kind: line.startsWith('535') ? 'refused' : 'later', words: line }
  },
}

/** Waits for the go-ahead, gives the response, and reads the answer. */
async function answered(
  wire: Wire,
  goAhead: string,
  { login, password }: Credentials,
  isAnswer: (line: string) => boolean,
): Promise<string> {
  for (;;) {
    const line = await wire.read()
    if (line.startsWith(goAhead))
      wire.say(Buffer.from(`\0${login}\0${password.reveal()}`).toString('base64'))
    else if (isAnswer(line)) return line
  }
}

/** A reply may take several lines (RFC 5321 §4.2.1). */
async function lastLine(wire: Wire): Promise<string> {
  for (;;) {
    const line = await wire.read()
    if (!/^\d{3}-/.test(line)) return line
  }
}
