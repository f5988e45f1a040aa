import { isIPv4, isIPv6 } from 'node:net'
import { plainAddress } from '@posthouse/line-server'
import type { Conversation } from '../conversation.ts'
import { replies } from '../replies.ts'
import type { LiveSession } from '../session.ts'
import { decodeXtext } from '../xtext.ts'
import type { Verb } from './verb.ts'

/** What may be said of the client. LOGIN is not among it: who signs in here does it with a password. */
export const xclientAttributes = [
  'NAME',
  'ADDR',
  'PORT',
  'PROTO',
  'HELO',
  'DESTADDR',
  'DESTPORT',
] as const

/** One of them. */
type Attribute = (typeof xclientAttributes)[number]

/** Attributes with their values, decoded; undefined: the peer does not know. */
type Attributes = ReadonlyMap<Attribute, string | undefined>

/**
 * XCLIENT (Postfix, "XCLIENT Howto"): a peer of the settings names the client that it speaks for. The session begins anew then,
 * with a greeting; to all others the command does not exist. NAME is taken and not believed: names are looked up here.
 */
export const xclient: Verb = {
  names: ['XCLIENT'],
  argument: 'any',
  needsHello: false,
  run(conversation, argument) {
    if (!conversation.mayNameClient) return { reply: replies.unknownCommand }
    if (conversation.envelope !== undefined) return { reply: replies.notInTransaction }
    const attributes = readAttributes(argument)
    if (attributes === undefined) return { reply: replies.badArguments }
    if (!apply(conversation, attributes)) return { reply: replies.badArguments }
    return { step: { kind: 'again' } }
  },
}

/** `name=xtext` with spaces between them, at least one. */
function readAttributes(argument: string): Attributes | undefined {
  const attributes = new Map<Attribute, string | undefined>()
  for (const word of argument.split(/[ \t]+/)) {
    const equals = word.indexOf('=')
    const name = xclientAttributes.find((each) => each === word.slice(0, equals).toUpperCase())
    const value = decodeXtext(word.slice(equals + 1))
    if (equals < 0 || name === undefined || value === undefined || value === '') return undefined
    const isUnknown = value === '[UNAVAILABLE]' || value === '[TEMPUNAVAIL]'
    attributes.set(name, isUnknown ? undefined : value)
  }
  return attributes
}

/** All of it or nothing. */
function apply<User, Target>(
  conversation: Conversation<User, Target>,
  attributes: Attributes,
): boolean {
  const remote = addressOf(attributes.get('ADDR'))
  const local = addressOf(attributes.get('DESTADDR'))
  const protocol = attributes.get('PROTO')?.toUpperCase() ?? 'ESMTP'
  const ports = [attributes.get('PORT'), attributes.get('DESTPORT')]
  if (remote === 'bad' || local === 'bad' || !/^E?SMTP$/.test(protocol)) return false
  if (!ports.every(isPort)) return false
  conversation.beginAnew()
  const { session } = conversation
  // Whoever it is: it is not here.
  session.isLoopback = false
  session.remoteAddress = remote.address ?? session.remoteAddress
  session.localAddress = local.address ?? session.localAddress
  greetAs(session, attributes.get('HELO'), protocol)
  return true
}

function isPort(text: string | undefined): boolean {
  return text === undefined || (/^\d{1,5}$/.test(text) && Number(text) <= 65_535)
}

function greetAs<User>(
  session: LiveSession<User>,
  name: string | undefined,
  protocol: string,
): void {
  if (name === undefined || /[\s\u0000-\u001f]/.test(name) || name.length > 255) return
  session.helo = name
  session.isExtended = protocol === 'ESMTP'
}

/** An address that is named, is none, or is not said. */
type NamedAddress = { readonly address?: string } | 'bad'

/** An IPv4 address, or an IPv6 one after `IPV6:`. */
function addressOf(text: string | undefined): NamedAddress {
  if (text === undefined) return {}
  const six = /^IPV6:(.+)$/i.exec(text)?.[1]
  const isAddress = six === undefined ? isIPv4(text) : isIPv6(six)
  return isAddress ? { address: plainAddress(six ?? text) } : 'bad'
}
