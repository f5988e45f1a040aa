import { OpenEnvelope } from '../envelope.ts'
import { parseMail } from '../mail-command.ts'
import { replies } from '../replies.ts'
import type { Verb } from './verb.ts'

/** MAIL (RFC 5321 §4.1.1.2). */
export const mail: Verb = {
  names: ['MAIL'],
  argument: 'any',
  needsHello: true,
  async run(conversation, argument) {
    const { settings, session } = conversation
    if (settings.auth?.required === true && session.user === undefined) {
      return { reply: conversation.mayAuthenticate ? replies.authRequired : replies.tlsRequired }
    }
    if (conversation.envelope !== undefined) return { reply: replies.nestedMail }
    const read = parseMail(argument, session.isExtended, {
      dsn: true,
      auth: settings.auth !== undefined,
      maxBytes: settings.limits.messageBytes,
      isSecure: session.secure,
      ...(settings.releaseSeconds !== undefined && { releaseSeconds: settings.releaseSeconds }),
    })
    if (!read.ok) return { reply: read.reply }
    const spent = conversation.share.refuseMessage(read.value.sender.address)
    if (spent !== undefined) return { reply: spent }
    try {
      const refusal = await settings.handlers.onMail?.(read.value, session)
      if (refusal !== undefined) return { reply: refusal }
    } catch (error) {
      return { reply: conversation.failed(error, 'mail') }
    }
    conversation.envelope = new OpenEnvelope(read.value)
    return { reply: replies.senderOk }
  },
}
