import { twoNumbers } from '../arguments.ts'
import { stuffed } from '../byte-stuffing.ts'
import { messageOr } from '../message-or.ts'
import { refusal } from '../refusals.ts'
import { topLines } from '../top-lines.ts'
import { command } from '../verb.ts'

/** TOP msg n. RFC 1939 §7. */
export const top = command({
  name: 'TOP',
  state: 'transaction',
  usage: 'TOP msg n',
  capability: () => 'TOP',
  parse: twoNumbers,
  execute: ({ msg, lines }, { maildrop }) =>
    messageOr(maildrop, msg, async (message) => {
      const octets = await maildrop.read(message)
      if (octets === undefined) return refusal.isGone
      const pieces = stuffed(topLines(Buffer.isBuffer(octets) ? [octets] : octets, lines))
      return { kind: 'multi-line', text: 'Top of message follows.', pieces }
    }),
})
