import { goodbye } from '../answer.ts'
import { ChunkReceiver } from '../chunk-receiver.ts'
import type { Conversation } from '../conversation.ts'
import { replies } from '../replies.ts'
import type { Reply } from '../reply.ts'
import type { Verb } from './verb.ts'

/** `chunk-size [SP "LAST"]` (RFC 3030 §2). */
const ARGUMENT = /^(\d{1,15})(?:[ \t]+(LAST))?$/i

/** A chunk that is so many times larger than any message is not read to its end. */
const MOST_SWALLOWED = 2

/**
 * BDAT (RFC 3030 §2). What is refused is refused after its octets, which are read in any case; where it does not say how many
 * there are, or of far too many, nothing that follows can be understood, and the session ends.
 */
export const bdat: Verb = {
  names: ['BDAT'],
  argument: 'any',
  needsHello: false,
  run(conversation, argument) {
    const match = ARGUMENT.exec(argument)
    if (match === null) return goodbye(replies.badChunkSize)
    const size = Number(match[1])
    if (size > MOST_SWALLOWED * conversation.settings.limits.messageBytes)
      return goodbye(replies.tooLarge)
    const isLast = match[2] !== undefined
    const refusal = refuseChunk(conversation)
    const receiver = new ChunkReceiver(
      size,
      isLast,
      refusal === undefined
        ? { kind: 'message', message: conversation.chunkedMessage() }
        : { kind: 'refused', reply: refusal },
    )
    return size === 0 ? conversation.onChunkEnd(receiver) : { step: { kind: 'chunk', receiver } }
  },
}

function refuseChunk<User, Target>(conversation: Conversation<User, Target>): Reply | undefined {
  const { envelope, session } = conversation
  if (session.helo === undefined || !session.isExtended) return replies.helloFirst
  if (envelope === undefined) return replies.mailFirst
  if (envelope.count > 0) return undefined
  return envelope.wasAddressed ? replies.noRecipients : replies.recipientFirst
}
