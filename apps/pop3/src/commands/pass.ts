import { Secret } from '@posthouse/config'
import { credential } from '../arguments.ts'
import { refusal } from '../refusals.ts'
import { command } from '../verb.ts'

/**
 * PASS. RFC 1939 §7: everything behind the first blank is the password, blanks included. After a
 * failure USER comes first again.
 */
export const pass = command({
  name: 'PASS',
  state: 'authorization',
  usage: 'PASS password',
  parse: (rest) => {
    const password = credential(rest)
    return password === undefined ? undefined : new Secret(password)
  },
  execute(password, context) {
    if (!context.mayUsePassword) return refusal.privacy
    const { user } = context
    if (user === undefined) return refusal.userFirst
    context.user = undefined
    return context.signIn(user, password)
  },
})
