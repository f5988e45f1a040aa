import { end, mailbox, space } from '@posthouse/imap-wire'
import { command } from '../session/command.ts'
import { ok } from '../session/completion.ts'
import { mailboxRefusal } from './mailbox-refusal.ts'

/** SUBSCRIBE and UNSUBSCRIBE, by name, whether the mailbox exists or not. RFC 3501 §6.3.6, §6.3.7. */
export const subscribe = command({
  names: ['SUBSCRIBE', 'UNSUBSCRIBE'],
  state: 'member',
  parse(c, verb) {
    space(c)
    const name = mailbox(c)
    end(c)
    return { name, isOn: verb === 'SUBSCRIBE' }
  },
  async execute({ name, isOn }, { mailboxes }) {
    const result = await (isOn ? mailboxes.subscribe(name) : mailboxes.unsubscribe(name))
    if (!result.ok) return mailboxRefusal(result.reason)
    return ok(isOn ? 'Subscribed' : 'Unsubscribed')
  },
})
