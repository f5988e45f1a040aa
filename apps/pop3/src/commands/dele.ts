import { messageNumber } from '../arguments.ts'
import { ok } from '../completion.ts'
import { messageOr } from '../message-or.ts'
import { command } from '../verb.ts'

/** DELE. RFC 1939 §5: a mark; QUIT removes. */
export const dele = command({
  name: 'DELE',
  state: 'transaction',
  usage: 'DELE msg',
  parse: messageNumber,
  execute: (msg, { maildrop }) =>
    messageOr(maildrop, msg, (message) => {
      maildrop.delete(message)
      return ok(`Message ${msg} is deleted at QUIT.`)
    }),
})
