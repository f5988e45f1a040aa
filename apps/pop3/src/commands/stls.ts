import { nothing } from '../arguments.ts'
import { refusal } from '../refusals.ts'
import { command } from '../verb.ts'

/**
 * STLS. RFC 2595 §4. What the client sent behind it in clear text is thrown away, and so is what
 * USER said: nothing from before TLS counts after it.
 */
export const stls = command({
  name: 'STLS',
  state: 'authorization',
  usage: 'STLS',
  // "Valid states: AUTHORIZATION", and not under TLS.
  capability: ({ isSecure, state }) => (isSecure || state !== 'authorization' ? undefined : 'STLS'),
  parse: nothing,
  execute(_, context) {
    if (context.isSecure) return refusal.tlsAlready
    context.user = undefined
    return { kind: 'start-tls', text: 'Begin TLS negotiation.' }
  },
})
