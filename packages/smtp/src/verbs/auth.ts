import { goodbye, type Answer } from '../answer.ts'
import type { Conversation } from '../conversation.ts'
import type { CommandLine } from '../command-stream.ts'
import { replies } from '../replies.ts'
import { reply, type Reply } from '../reply.ts'
import type { Credentials, SaslExchange, SaslStep } from '../server-options.ts'
import type { Verb } from './verb.ts'

/** An exchange under way, and the name of its mechanism. */
export interface OpenExchange {
  readonly name: string
  readonly machine: SaslExchange
}

/** AUTH (RFC 4954 §4). */
export const auth: Verb = {
  names: ['AUTH'],
  argument: 'any',
  needsHello: true,
  run(conversation, argument) {
    const refusal = refuseAuth(conversation)
    if (refusal !== undefined) return { reply: refusal }
    const words = argument.split(/ +/)
    const [name = '', initial] = words
    if (name === '' || words.length > 2) return { reply: replies.badArguments }
    const mechanism = conversation.settings.auth?.mechanisms.find(
      (one) => one.name === name.toUpperCase(),
    )
    if (mechanism === undefined) return { reply: replies.unknownMechanism }
    const exchange = { name: mechanism.name, machine: mechanism.begin() }
    if (initial === undefined) return proceed(conversation, exchange, exchange.machine.start())
    // `=` is the initial response of no octets (RFC 4954 §4).
    const response = initial === '=' ? Buffer.alloc(0) : decode64(initial)
    if (response === undefined) return { reply: replies.badBase64 }
    return proceed(conversation, exchange, exchange.machine.step(response))
  },
}

/** A line within an exchange. */
export function continueAuth<User, Target>(
  conversation: Conversation<User, Target>,
  exchange: OpenExchange,
  line: CommandLine,
): Promise<Answer> | Answer {
  conversation.exchange = undefined
  if (line.kind === 'fault') {
    return { reply: line.fault === 'too-long' ? replies.authLineTooLong : replies.badBase64 }
  }
  const text = line.octets.toString('latin1')
  if (text === '*') return { reply: replies.authCancelled }
  const response = decode64(text)
  if (response === undefined) return { reply: replies.badBase64 }
  return proceed(conversation, exchange, exchange.machine.step(response))
}

function refuseAuth<User, Target>(conversation: Conversation<User, Target>): Reply | undefined {
  if (conversation.settings.auth === undefined) return replies.notImplemented
  if (conversation.session.user !== undefined) return replies.authTwice
  if (conversation.envelope !== undefined) return replies.notInTransaction
  if (!conversation.session.isExtended) return replies.helloFirst
  if (!conversation.mayAuthenticate) return replies.authNeedsTls
  return undefined
}

function proceed<User, Target>(
  conversation: Conversation<User, Target>,
  exchange: OpenExchange,
  step: SaslStep,
): Promise<Answer> | Answer {
  if (step.kind === 'malformed') return { reply: replies.badResponse }
  if (step.kind === 'credentials') return authenticate(conversation, step, exchange.name)
  conversation.exchange = exchange
  return { reply: challenge(step.challenge) }
}

async function authenticate<User, Target>(
  conversation: Conversation<User, Target>,
  credentials: Credentials,
  mechanism: string,
): Promise<Answer> {
  const { auth: options, limits } = conversation.settings
  if (options === undefined) return { reply: replies.notImplemented }
  try {
    const result = await options.authenticate(credentials, conversation.session, mechanism)
    if (result.ok) {
      conversation.session.user = result.user
      conversation.authFailures = 0
      return { reply: replies.authOk }
    }
    if (result.reply.code < 500) return { reply: result.reply }
    conversation.authFailures += 1
    return conversation.authFailures >= limits.authFailures
      ? goodbye(replies.tooManyAuthFailures)
      : { reply: result.reply }
  } catch (error) {
    return { reply: conversation.failed(error, 'auth') }
  }
}

/** `334 base64` (RFC 4954 §4); it carries no enhanced code. */
function challenge(octets: Buffer): Reply {
  return reply(334, undefined, octets.toString('base64'))
}

/** Base64 by the letter (RFC 4648 §3.2, §3.3, §3.5): Node's decoder forgives, so it is written again and compared. */
function decode64(text: string): Buffer | undefined {
  if (text.length % 4 !== 0) return undefined
  const octets = Buffer.from(text, 'base64')
  return octets.toString('base64') === text ? octets : undefined
}
