import { end } from '@posthouse/imap-wire'
import { command } from '../session/command.ts'
import { bad, ok } from '../session/completion.ts'

/** STARTTLS. RFC 3501 §6.2.1. Its capability depends on the moment, see capabilities.ts. */
export const starttls = command({
  names: ['STARTTLS'],
  state: 'stranger',
  parse: end,
  async execute(_args, guest) {
    if (guest.isSecure) return bad('TLS is on already')
    return ok('Begin TLS now', undefined, { kind: 'tls' })
  },
})
