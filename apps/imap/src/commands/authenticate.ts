import { Secret } from '@posthouse/config'
import { authenticateArguments, end, space } from '@posthouse/imap-wire'
import { login, plain, type SaslMachine } from '@posthouse/sasl'
import { command } from '../session/command.ts'
import { bad } from '../session/completion.ts'
import { prompt } from '../session/conversation.ts'
import { refusal } from '../session/refusals.ts'

const mechanisms = new Map<string, () => SaslMachine>([
  ['PLAIN', plain],
  ['LOGIN', login],
])

const cancelled = bad('Signing in was cancelled')
const notBase64 = bad('That was not base64')

/** AUTHENTICATE (RFC 3501 §6.2.2), with an initial response (RFC 4959 §3). */
export const authenticate = command({
  names: ['AUTHENTICATE'],
  state: 'stranger',
  capabilities: ['SASL-IR'],
  parse(c) {
    space(c)
    const args = authenticateArguments(c)
    end(c)
    return args
  },
  async *execute({ mechanism, initialResponse }, guest) {
    const machine = mechanisms.get(mechanism)?.()
    if (machine === undefined) return refusal.mechanism
    if (!guest.mayUsePassword) return refusal.privacy
    let step = machine.start()
    // RFC 4959 §3: `=` is an empty response.
    let response = initialResponse === '=' ? '' : initialResponse
    while (step.kind === 'continue') {
      response ??= String(yield prompt(step.challenge.toString('base64')))
      if (response === '*') return cancelled
      const octets = fromBase64(response)
      if (octets === undefined) return notBase64
      step = machine.step(octets)
      response = undefined
    }
    if (step.kind === 'malformed') return bad('That was not a proper response')
    // Nobody acts for somebody else here (RFC 4616 §2).
    if (step.authzid !== '' && step.authzid !== step.login) return refusal.impersonation
    const way = mechanism === 'PLAIN' ? 'plain' : 'login'
    return guest.signIn(step.login, new Secret(step.password), way)
  },
})

/** Base64 by the letter (RFC 4648 §4); undefined for anything else. */
function fromBase64(text: string): Buffer | undefined {
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return undefined
  return Buffer.from(text, 'base64')
}
