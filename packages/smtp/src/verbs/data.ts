import { DataReceiver } from '../data-receiver.ts'
import { replies } from '../replies.ts'
import type { Verb } from './verb.ts'

/** DATA (RFC 5321 §4.1.1.4). Never 354 without an accepted recipient (RFC 2920 §3.1). */
export const data: Verb = {
  names: ['DATA'],
  argument: 'none',
  needsHello: true,
  run(conversation) {
    const { envelope, settings } = conversation
    if (envelope === undefined) return { reply: replies.mailFirst }
    if (conversation.isChunked) return { reply: replies.inChunks }
    if (envelope.count === 0) {
      return { reply: envelope.wasAddressed ? replies.noRecipients : replies.recipientFirst }
    }
    const { budget, limits } = settings
    const receiver = new DataReceiver(budget, limits.messageBytes, envelope.mail.declaredBytes)
    return { reply: replies.goAhead, step: { kind: 'data', receiver } }
  },
}
