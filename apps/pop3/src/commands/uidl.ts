import { optionalNumber } from '../arguments.ts'
import { listing, ok } from '../completion.ts'
import type { Maildrop } from '../maildrop.ts'
import { messageOr } from '../message-or.ts'
import { command } from '../verb.ts'

function* uniqueIds(maildrop: Maildrop): Generator<string> {
  for (const message of maildrop.remaining()) {
    yield `${message.number} ${maildrop.uniqueId(message)}`
  }
}

/** UIDL [msg]. RFC 1939 §7. See `uniqueId`. */
export const uidl = command({
  name: 'UIDL',
  state: 'transaction',
  usage: 'UIDL [msg]',
  capability: () => 'UIDL',
  parse: optionalNumber,
  execute(msg, { maildrop }) {
    if (msg === 'all') return listing('Unique ids follow.', uniqueIds(maildrop))
    return messageOr(maildrop, msg, (message) => ok(`${msg} ${maildrop.uniqueId(message)}`))
  },
})
