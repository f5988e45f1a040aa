import { parseRcpt } from '../mail-command.ts'
import { replies } from '../replies.ts'
import type { Verb } from './verb.ts'

/** RCPT (RFC 5321 §4.1.1.3). */
export const rcpt: Verb = {
  names: ['RCPT'],
  argument: 'any',
  needsHello: true,
  async run(conversation, argument) {
    const { envelope, session, settings } = conversation
    if (envelope === undefined) return { reply: replies.mailFirst }
    if (conversation.isChunked) return { reply: replies.inChunks }
    const read = parseRcpt(argument, session.isExtended, envelope.mail.isUtf8, { dsn: true })
    envelope.wasAddressed = true
    if (!read.ok) return { reply: read.reply }
    const { address } = read.value.recipient
    if (envelope.count >= settings.limits.recipients && !envelope.has(address)) {
      return { reply: replies.tooManyRecipients }
    }
    const isReport = envelope.mail.sender.address === ''
    if (
      isReport &&
      envelope.count >= settings.limits.nullSenderRecipients &&
      !envelope.has(address)
    ) {
      return { reply: replies.nullSenderToMany }
    }
    try {
      const routed = await settings.handlers.onRcpt(read.value, envelope, session)
      if (!routed.ok) {
        return routed.reply.code >= 500 && routed.isNoGuess !== true
          ? await conversation.refuseRecipient(routed.reply)
          : { reply: routed.reply }
      }
      envelope.add({ rcpt: read.value, target: routed.target })
      conversation.share.takeRecipient()
      return { reply: replies.recipientOk }
    } catch (error) {
      return { reply: conversation.failed(error, 'rcpt') }
    }
  },
}
