import { end, formatNamespace } from '@posthouse/imap-wire'
import { command } from '../session/command.ts'
import { ok } from '../session/completion.ts'

/** The one between the levels of a mailbox name. */
export const delimiter = '/'

/** NAMESPACE: one's own mailboxes and no others. RFC 2342 §5. */
export const namespace = command({
  names: ['NAMESPACE'],
  state: 'member',
  capabilities: ['NAMESPACE'],
  extension: () => 'NAMESPACE',
  parse: end,
  async *execute() {
    yield formatNamespace([{ prefix: '', delimiter }])
    return ok('That is all')
  },
})
