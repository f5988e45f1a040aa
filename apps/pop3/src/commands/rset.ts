import { nothing } from '../arguments.ts'
import { ok } from '../completion.ts'
import { command } from '../verb.ts'

/** RSET. RFC 1939 §5. */
export const rset = command({
  name: 'RSET',
  state: 'transaction',
  usage: 'RSET',
  parse: nothing,
  execute(_, { maildrop }) {
    maildrop.reset()
    return ok(`${maildrop.count} messages (${maildrop.bytes} octets)`)
  },
})
