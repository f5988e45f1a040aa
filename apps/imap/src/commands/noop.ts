import { end } from '@posthouse/imap-wire'
import { command } from '../session/command.ts'
import { ok } from '../session/completion.ts'

/**
 * NOOP: the client's way to poll (RFC 3501 §6.1.2). Looks at the database itself, so that what was
 * committed before it is told even when a wake-up was lost.
 */
export const noop = command({
  names: ['NOOP'],
  state: 'any',
  parse: end,
  async execute(_args, guest) {
    await guest.selected?.open.refresh()
    return ok('Done')
  },
})
