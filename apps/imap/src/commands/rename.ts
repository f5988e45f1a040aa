import { end, renameArguments, space } from '@posthouse/imap-wire'
import { command } from '../session/command.ts'
import { ok } from '../session/completion.ts'
import { mailboxRefusal } from './mailbox-refusal.ts'

/** RENAME, children included; of INBOX, its messages (RFC 3501 §6.3.5). */
export const rename = command({
  names: ['RENAME'],
  state: 'member',
  parse(c) {
    space(c)
    const args = renameArguments(c)
    end(c)
    return args
  },
  async execute({ from, to }, { mailboxes, selected }) {
    const result = await mailboxes.rename(from, to)
    if (!result.ok) return mailboxRefusal(result.reason)
    await selected?.open.refresh()
    return ok('Renamed')
  },
})
