import { isAscii } from './mail-path.ts'
import type { OutboundMessage, RecipientOutcome } from './outcome.ts'
import { reply, type Reply } from './reply.ts'

/** What the peer cannot take, so that it is not sent, recipient by recipient. */
export function localRefusals(
  message: OutboundMessage,
  extensions: ReadonlyMap<string, string>,
  isProtected: boolean,
): Map<string, RecipientOutcome> {
  const refusals = new Map<string, RecipientOutcome>()
  const whole = refuseMessage(message, extensions, isProtected)
  const hasUtf8 = extensions.has('SMTPUTF8')
  for (const { address } of message.recipients) {
    const refusal = whole ?? (hasUtf8 || isAscii(address) ? undefined : needsUtf8)
    if (refusal !== undefined) {
      refusals.set(address, { kind: 'bounced', reply: refusal, local: true })
    }
  }
  return refusals
}

/** RFC 6531 §3.5: the next host does not support SMTPUTF8. */
const needsUtf8 = reply(550, '5.6.7', 'The next host takes no addresses or headers beyond ASCII')

function refuseMessage(
  message: OutboundMessage,
  extensions: ReadonlyMap<string, string>,
  isProtected: boolean,
): Reply | undefined {
  // RFC 8689 §4.2.1: over TLS, and to peers that promise the same in turn.
  if (message.requiresTls === true && !(isProtected && extensions.has('REQUIRETLS'))) {
    return reply(
      550,
      '5.7.30',
      'The message requires TLS all the way; the next host cannot promise it',
    )
  }
  const needs = message.needsSmtpUtf8 || !isAscii(message.sender)
  if (needs && !extensions.has('SMTPUTF8')) return needsUtf8
  // RFC 6152 §3: never 8-bit octets to a peer without 8BITMIME.
  if (message.isEightBit && !extensions.has('8BITMIME')) {
    return reply(554, '5.6.3', 'The next host takes no 8-bit messages')
  }
  // RFC 1870 §6.1: a declared limit is final; 0 or nothing is none.
  const limit = Number(extensions.get('SIZE') ?? 0)
  const size = message.octets.reduce((sum, piece) => sum + piece.length, 0)
  if (limit > 0 && size > limit) {
    return reply(552, '5.3.4', `The next host takes messages up to ${limit} octets`)
  }
  return undefined
}
