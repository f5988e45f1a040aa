import { optionalNumber } from '../arguments.ts'
import { ok } from '../completion.ts'
import { listed } from '../listing-lines.ts'
import type { Maildrop } from '../maildrop.ts'
import { messageOr } from '../message-or.ts'
import { command } from '../verb.ts'

function uniqueIds(maildrop: Maildrop): Iterable<Buffer> {
  return listed(maildrop.remaining(), (lines, message) => {
    maildrop.writeUniqueId(lines.decimal(message.number).text(' '), message)
  })
}

/** UIDL [msg]. RFC 1939 §7. See `uniqueId`. */
export const uidl = command({
  name: 'UIDL',
  state: 'transaction',
  usage: 'UIDL [msg]',
  capability: () => 'UIDL',
  parse: optionalNumber,
  execute(msg, { maildrop }) {
    if (msg === 'all') {
      return { kind: 'multi-line', text: 'Unique ids follow.', pieces: uniqueIds(maildrop) }
    }
    return messageOr(maildrop, msg, (message) => ok(`${msg} ${maildrop.uniqueId(message)}`))
  },
})
