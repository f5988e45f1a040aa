import { Secret } from '@posthouse/config'
import {
  decodeInitialResponse,
  decodeResponse,
  encodeChallenge,
  login as loginMachine,
  plain,
  type SaslMachine,
  type SaslResponse,
} from '@posthouse/sasl'
import type { LoginMechanism } from '@posthouse/store'
import { listing, type Completion } from '../completion.ts'
import { refusal } from '../refusals.ts'
import { command, type Conversation, type Stranger } from '../verb.ts'

interface AuthArgs {
  /** Undefined: which are there? */
  readonly mechanism: string | undefined
  readonly initial: string | undefined
}

const mechanisms: ReadonlyMap<string, () => SaslMachine> = new Map([
  ['PLAIN', plain],
  ['LOGIN', loginMachine],
])

/** `AUTH mechanism [initial-response]` (RFC 5034 §4). */
function parse(rest: Buffer): AuthArgs | undefined {
  const [mechanism = '', initial, ...more] = rest.toString('latin1').trim().split(/ +/)
  if (more.length > 0) return undefined
  return { mechanism: mechanism === '' ? undefined : mechanism.toUpperCase(), initial }
}

/**
 * AUTH. RFC 5034.
 *
 * QUIRK: without a mechanism it lists them, which Outlook and Thunderbird probe for.
 */
async function* execute({ mechanism, initial }: AuthArgs, context: Stranger): Conversation {
  if (mechanism === undefined) {
    return listing('Mechanisms follow.', context.mayUsePassword ? mechanisms.keys() : [])
  }
  const machine = mechanisms.get(mechanism)?.()
  if (machine === undefined) return refusal.unknownMechanism
  if (!context.mayUsePassword) return refusal.privacy
  let response = initial === undefined ? undefined : decodeInitialResponse(initial)
  for (;;) {
    const step = response === undefined ? machine.start() : stepOf(machine, response)
    if (step === undefined)
      return response?.kind === 'cancel' ? refusal.cancelled : refusal.malformedResponse
    if (step.kind === 'malformed') return refusal.malformedResponse
    if (step.kind === 'credentials') {
      return signIn(step, mechanism === 'PLAIN' ? 'plain' : 'login', context)
    }
    response = decodeResponse(yield encodeChallenge(step.challenge))
  }
}

function stepOf(machine: SaslMachine, response: SaslResponse) {
  return response.kind === 'response' ? machine.step(response.octets) : undefined
}

function signIn(
  { authzid, login, password }: { authzid: string; login: string; password: string },
  mechanism: LoginMechanism,
  context: Stranger,
): Completion | Promise<Completion> {
  const isOther = authzid !== '' && authzid.toLowerCase() !== login.toLowerCase()
  return isOther ? refusal.otherIdentity : context.signIn(login, new Secret(password), mechanism)
}

export const auth = command({
  name: 'AUTH',
  state: 'authorization',
  usage: 'AUTH mechanism [initial-response]',
  capability: ({ mayUsePassword }) =>
    mayUsePassword ? `SASL ${[...mechanisms.keys()].join(' ')}` : undefined,
  parse,
  execute,
})
