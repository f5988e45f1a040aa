import { credential } from '../arguments.ts'
import { ok } from '../completion.ts'
import { refusal } from '../refusals.ts'
import { command } from '../verb.ts'

/** USER. RFC 1939 §7. Says the same of every name. */
export const user = command({
  name: 'USER',
  state: 'authorization',
  usage: 'USER name',
  // RFC 2449 §6.3.
  capability: ({ mayUsePassword }) => (mayUsePassword ? 'USER' : undefined),
  parse: (rest) => credential(Buffer.from(rest.toString('latin1').trim(), 'latin1')),
  execute(name, context) {
    if (!context.mayUsePassword) return refusal.privacy
    context.user = name
    return ok('Now the password.')
  },
})
