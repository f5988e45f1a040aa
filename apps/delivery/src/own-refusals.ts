import { ownWords, reply, type Reply } from '@posthouse/smtp'

// RFC 3463 §3.8: X.7.1, delivery not authorized, message refused: by us.
const CODE = 550
const STATUS = '5.7.1'

/** An operator has ended it. `because`: in words for whoever sent it. */
export function endedReply(because: string): Reply {
  return reply(CODE, STATUS, ownWords.ended + because)
}

/** The address is suppressed. */
export function suppressedReply(because: string): Reply {
  return reply(CODE, STATUS, ownWords.suppressed + because)
}
