import { end } from '@posthouse/imap-wire'
import { command } from '../session/command.ts'
import { ok } from '../session/completion.ts'

/** UNSELECT: CLOSE without the expunge. RFC 3691 §2. */
export const unselect = command({
  names: ['UNSELECT'],
  state: 'selected',
  capabilities: ['UNSELECT'],
  extension: () => 'UNSELECT',
  parse: end,
  async execute() {
    return ok('Left', undefined, { kind: 'unselected' })
  },
})
