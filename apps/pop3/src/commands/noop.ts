import { nothing } from '../arguments.ts'
import { ok } from '../completion.ts'
import { command } from '../verb.ts'

/** NOOP. RFC 1939 §5. */
export const noop = command({
  name: 'NOOP',
  state: 'transaction',
  usage: 'NOOP',
  parse: nothing,
  execute: () => ok('Nothing done.'),
})
