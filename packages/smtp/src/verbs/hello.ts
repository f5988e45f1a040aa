import type { Answer } from '../answer.ts'
import type { Conversation } from '../conversation.ts'
import { futureReleaseKeyword } from '../future-release.ts'
import { replies } from '../replies.ts'
import { reply } from '../reply.ts'
import type { Verb } from './verb.ts'
import { xclientAttributes } from './xclient.ts'

/** RFC 5321 §4.5.3.1.2. */
const MAX_NAME = 255

/**
 * EHLO (RFC 5321 §4.1.1.1). What we offer stands here alone: it follows from the session and the
 * settings. The argument's syntax is taken leniently, as §4.1.4 asks: no message is refused for it.
 */
export const ehlo: Verb = {
  names: ['EHLO'],
  argument: 'any',
  needsHello: false,
  run(conversation, argument) {
    if (!greet(conversation, argument, true)) return { reply: replies.badEhlo }
    const lines = [conversation.settings.name, ...extensions(conversation)]
    return { reply: reply(250, undefined, lines.join('\n')) }
  },
}

/** HELO (RFC 5321 §4.1.1.1). */
export const helo: Verb = {
  names: ['HELO'],
  argument: 'any',
  needsHello: false,
  run(conversation, argument): Answer {
    if (!greet(conversation, argument, false)) return { reply: replies.badEhlo }
    return { reply: reply(250, undefined, conversation.settings.name) }
  },
}

/** Begins anew, as RSET does (RFC 5321 §4.1.4); a refused argument changes nothing. */
function greet<User, Target>(
  conversation: Conversation<User, Target>,
  argument: string,
  isExtended: boolean,
): boolean {
  const name = argument.trim()
  if (name === '' || /\s/.test(name) || Buffer.byteLength(name) > MAX_NAME) return false
  conversation.endTransaction()
  conversation.session.helo = name
  conversation.session.isExtended = isExtended
  return true
}

function extensions<User, Target>(conversation: Conversation<User, Target>): readonly string[] {
  const { settings, session } = conversation
  const lines = ['PIPELINING', `SIZE ${settings.limits.messageBytes}`]
  if (conversation.mayStartTls) lines.push('STARTTLS')
  if (conversation.mayAuthenticate && session.user === undefined) {
    lines.push(`AUTH ${settings.auth?.mechanisms.map(({ name }) => name).join(' ')}`)
  }
  lines.push('ENHANCEDSTATUSCODES', '8BITMIME', 'DSN', 'SMTPUTF8', 'CHUNKING')
  // RFC 8689 §4.1: only under TLS.
  if (session.secure) lines.push('REQUIRETLS')
  if (settings.releaseSeconds !== undefined) {
    lines.push(futureReleaseKeyword(settings.releaseSeconds, Date.now()))
  }
  lines.push(`LIMITS RCPTMAX=${settings.limits.recipients}`, 'HELP')
  if (conversation.mayNameClient) lines.push(`XCLIENT ${xclientAttributes.join(' ')}`)
  return lines
}
