import { end, formatUntaggedStatus } from '@posthouse/imap-wire'
import { command } from '../session/command.ts'
import { ok } from '../session/completion.ts'

/** LOGOUT. RFC 3501 §6.1.3: BYE comes before the tagged answer. */
export const logout = command({
  names: ['LOGOUT'],
  state: 'any',
  parse: end,
  async *execute() {
    yield formatUntaggedStatus('BYE', 'Until next time')
    return ok('Signed out', undefined, { kind: 'logout' })
  },
})
