import { type Cause, causeNamed, causeOf, reply, type Reply } from '@posthouse/smtp'

// RFC 3463 §3.8: X.7.1, delivery not authorized, message refused: by us.
const CODE = 550
const STATUS = '5.7.1'
const ENDED = 'Ended by whoever runs this mail server: '
const SUPPRESSED = 'Nothing is sent to this address: '

/** An operator has ended it. `because`: in words for whoever sent it. */
export function endedReply(because: string): Reply {
  return reply(CODE, STATUS, ENDED + because)
}

/** The address is suppressed. */
export function suppressedReply(because: string): Reply {
  return reply(CODE, STATUS, SUPPRESSED + because)
}

/** The cause of a refusal that is our own: those above, or what a host would have meant by the same code. */
export function ownCause(answer: Reply): Cause {
  if (answer.text.startsWith(ENDED)) return causeNamed('ended-here')
  if (answer.text.startsWith(SUPPRESSED)) return causeNamed('suppressed-here')
  return causeOf(answer)
}
