import { messageNumber } from '../arguments.ts'
import { stuffed, stuffedWhole } from '../byte-stuffing.ts'
import { messageOr } from '../message-or.ts'
import { refusal } from '../refusals.ts'
import { command } from '../verb.ts'

/** RETR. RFC 1939 §5. */
export const retr = command({
  name: 'RETR',
  state: 'transaction',
  usage: 'RETR msg',
  parse: messageNumber,
  execute: (msg, { maildrop }) =>
    messageOr(maildrop, msg, async (message) => {
      const octets = await maildrop.read(message)
      if (octets === undefined) return refusal.isGone
      maildrop.noteFetched(message)
      const text = `${message.size} octets`
      return Buffer.isBuffer(octets)
        ? { kind: 'octets', text, pieces: stuffedWhole(octets) }
        : { kind: 'multi-line', text, pieces: stuffed(octets) }
    }),
})
