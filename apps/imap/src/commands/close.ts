import { end } from '@posthouse/imap-wire'
import { command } from '../session/command.ts'
import { ok } from '../session/completion.ts'

/** CLOSE: expunges without saying so, unless the mailbox was only looked at. RFC 3501 §6.4.2. */
export const close = command({
  names: ['CLOSE'],
  state: 'selected',
  parse: end,
  async execute(_args, { selected }) {
    if (!selected.isReadOnly) await selected.open.expunge(selected.open.deletedUids())
    return ok('Closed', undefined, { kind: 'unselected' })
  },
})
