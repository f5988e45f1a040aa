import {
  end,
  formatExists,
  formatFlags,
  formatRecent,
  formatUntaggedStatus,
  mailbox,
  space,
} from '@posthouse/imap-wire'
import { SelectedMailbox } from '../mailbox/selected-mailbox.ts'
import { command } from '../session/command.ts'
import { no, ok } from '../session/completion.ts'

/** A failed SELECT leaves no mailbox selected (RFC 3501 §6.3.1). */
const noSuchMailbox = no('There is no such mailbox', 'NONEXISTENT', { kind: 'unselected' })

/** SELECT and EXAMINE. RFC 3501 §6.3.1, §6.3.2. */
export const select = command({
  names: ['SELECT', 'EXAMINE'],
  state: 'member',
  parse(c, verb) {
    space(c)
    const name = mailbox(c)
    end(c)
    return { name, readOnly: verb === 'EXAMINE' }
  },
  async *execute({ name, readOnly }, { account, store, mailboxes }) {
    const found = await mailboxes.find(name)
    if (found === undefined) return noSuchMailbox
    const open = await store.open(account.id, found.id, { readOnly })
    if (open === undefined) return noSuchMailbox
    const selected = new SelectedMailbox(open, found.name)
    let isHandedOver = false
    try {
      yield* describe(selected)
      isHandedOver = true
      const code = readOnly ? 'READ-ONLY' : 'READ-WRITE'
      return ok('Selected', code, { kind: 'selected', mailbox: selected })
    } finally {
      if (!isHandedOver) selected.close()
    }
  },
})

/** What a client is told of a mailbox that it opens (RFC 3501 §6.3.1). */
function* describe(selected: SelectedMailbox): Generator<Buffer, void> {
  const { state } = selected.open
  const unseen = selected.firstUnseen()
  yield formatFlags(selected.flags.applicable())
  yield formatUntaggedStatus('OK', 'Flags that stay', {
    code: 'PERMANENTFLAGS',
    flags: selected.flags.permanent(),
  })
  yield formatExists(selected.numbers.size)
  yield formatRecent(selected.recent)
  if (unseen > 0) {
    yield formatUntaggedStatus('OK', 'First unseen', { code: 'UNSEEN', value: unseen })
  }
  const { uidValidity, uidNext } = state
  yield formatUntaggedStatus('OK', 'UIDs valid', { code: 'UIDVALIDITY', value: uidValidity })
  yield formatUntaggedStatus('OK', 'Next UID', { code: 'UIDNEXT', value: uidNext })
}
