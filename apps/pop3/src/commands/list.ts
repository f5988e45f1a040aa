import { optionalNumber } from '../arguments.ts'
import { listing, ok } from '../completion.ts'
import type { Maildrop } from '../maildrop.ts'
import { messageOr } from '../message-or.ts'
import { command } from '../verb.ts'

function* scanLines(maildrop: Maildrop): Generator<string> {
  for (const { number, size } of maildrop.remaining()) yield `${number} ${size}`
}

/** LIST [msg]. RFC 1939 §5. */
export const list = command({
  name: 'LIST',
  state: 'transaction',
  usage: 'LIST [msg]',
  parse: optionalNumber,
  execute(msg, { maildrop }) {
    if (msg === 'all') {
      const { count, bytes } = maildrop
      return listing(`${count} messages (${bytes} octets)`, scanLines(maildrop))
    }
    return messageOr(maildrop, msg, ({ number, size }) => ok(`${number} ${size}`))
  },
})
