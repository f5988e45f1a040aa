import { nothing } from '../arguments.ts'
import { ok } from '../completion.ts'
import { command } from '../verb.ts'

/** STAT. RFC 1939 §5: a drop listing, and nothing behind it. */
export const stat = command({
  name: 'STAT',
  state: 'transaction',
  usage: 'STAT',
  parse: nothing,
  execute: (_, { maildrop }) => ok(`${maildrop.count} ${maildrop.bytes}`),
})
