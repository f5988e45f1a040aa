import { end, mailbox, space } from '@posthouse/imap-wire'
import { command } from '../session/command.ts'
import { ok } from '../session/completion.ts'
import { mailboxRefusal } from './mailbox-refusal.ts'

/** DELETE: children and subscriptions stay (RFC 3501 §6.3.4). Deleting the selected mailbox leaves it. */
export const remove = command({
  names: ['DELETE'],
  state: 'member',
  parse(c) {
    space(c)
    const name = mailbox(c)
    end(c)
    return name
  },
  async execute(name, { mailboxes, selected }) {
    const found = selected === undefined ? undefined : await mailboxes.find(name)
    const result = await mailboxes.remove(name)
    if (!result.ok) return mailboxRefusal(result.reason)
    const isSelected = found !== undefined && found.id === selected?.open.mailbox
    return isSelected ? ok('Deleted and left', undefined, { kind: 'unselected' }) : ok('Deleted')
  },
})
