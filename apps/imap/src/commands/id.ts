import { end, formatId, idParameters, space } from '@posthouse/imap-wire'
import { command } from '../session/command.ts'
import { ok } from '../session/completion.ts'

/** ID: client and server say what they are. No version before sign-in helps anybody good. RFC 2971 §3.1. */
export const id = command({
  names: ['ID'],
  state: 'any',
  capabilities: ['ID'],
  extension: () => 'ID',
  parse(c) {
    space(c)
    const fields = idParameters(c)
    end(c)
    return fields
  },
  async *execute(fields, guest) {
    const isOtherwise = guest.introduce(fields)
    yield formatId([['name', 'Posthouse']])
    // Who is told other capabilities because of its name is to hear so (RFC 3501 §7.1).
    if (!isOtherwise) return ok('Pleased to meet you')
    return ok('Pleased to meet you', { code: 'CAPABILITY', names: guest.capabilities() })
  },
})
