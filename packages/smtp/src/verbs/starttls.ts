import { replies } from '../replies.ts'
import type { Verb } from './verb.ts'

/** STARTTLS (RFC 3207 §4). What was pipelined behind it is thrown away, never run. */
export const starttls: Verb = {
  names: ['STARTTLS'],
  argument: 'none',
  needsHello: false,
  run(conversation) {
    if (!conversation.mayStartTls) return { reply: replies.tlsTwice }
    return { reply: replies.startTls, step: { kind: 'tls' } }
  },
}
