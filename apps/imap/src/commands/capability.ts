import { end, formatCapability } from '@posthouse/imap-wire'
import { command } from '../session/command.ts'
import { ok } from '../session/completion.ts'

/** CAPABILITY. RFC 3501 §6.1.1. */
export const capability = command({
  names: ['CAPABILITY'],
  state: 'any',
  parse: end,
  async *execute(_args, guest) {
    yield formatCapability(guest.capabilities())
    return ok('That is all')
  },
})
