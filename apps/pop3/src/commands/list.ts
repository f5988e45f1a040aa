import { optionalNumber } from '../arguments.ts'
import { ok } from '../completion.ts'
import { listed } from '../listing-lines.ts'
import type { Maildrop } from '../maildrop.ts'
import { messageOr } from '../message-or.ts'
import { command } from '../verb.ts'

function scanLines(maildrop: Maildrop): Iterable<Buffer> {
  return listed(maildrop.remaining(), (lines, { number, size }) =>
    lines.decimal(number).text(' ').decimal(size),
  )
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
      const text = `${count} messages (${bytes} octets)`
      return { kind: 'multi-line', text, pieces: scanLines(maildrop) }
    }
    return messageOr(maildrop, msg, ({ number, size }) => ok(`${number} ${size}`))
  },
})
