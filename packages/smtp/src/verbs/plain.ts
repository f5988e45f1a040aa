import { goodbye } from '../answer.ts'
import { replies } from '../replies.ts'
import type { Verb } from './verb.ts'

/** RSET (RFC 5321 §4.1.1.5). */
export const rset: Verb = {
  names: ['RSET'],
  argument: 'none',
  needsHello: false,
  run(conversation) {
    conversation.endTransaction()
    return { reply: replies.resetOk }
  },
}

/** NOOP (RFC 5321 §4.1.1.9); its argument is ignored. */
export const noop: Verb = {
  names: ['NOOP'],
  argument: 'any',
  needsHello: false,
  run: () => ({ reply: replies.ok }),
}

/** HELP (RFC 5321 §4.1.1.8). */
export const help: Verb = {
  names: ['HELP'],
  argument: 'any',
  needsHello: false,
  run: () => ({ reply: replies.help }),
}

/** VRFY (RFC 5321 §4.1.1.6): the same for every address, so that none can be found out (§7.3). */
export const vrfy: Verb = {
  names: ['VRFY'],
  argument: 'any',
  needsHello: false,
  run: (_conversation, argument) => ({
    reply: argument === '' ? replies.badArguments : replies.notVerified,
  }),
}

/** QUIT (RFC 5321 §4.1.1.10). */
export const quit: Verb = {
  names: ['QUIT'],
  argument: 'none',
  needsHello: false,
  run: () => goodbye(replies.bye),
}

/** Commands that SMTP has and we do not (RFC 5321 §4.2.4: 502, not 500). */
export const notImplemented: Verb = {
  names: ['EXPN', 'ETRN', 'TURN', 'ATRN', 'SEND', 'SOML', 'SAML'],
  argument: 'any',
  needsHello: false,
  run: () => ({ reply: replies.notImplemented }),
}
