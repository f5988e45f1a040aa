import { end } from '@posthouse/imap-wire'
import { command } from '../session/command.ts'
import { ok } from '../session/completion.ts'

/** CHECK: everything is durable already, so it is NOOP with a mailbox. RFC 3501 §6.4.1. */
export const check = command({
  names: ['CHECK'],
  state: 'selected',
  parse: end,
  async execute(_args, { selected }) {
    await selected.open.refresh()
    return ok('Everything is safely kept')
  },
})
