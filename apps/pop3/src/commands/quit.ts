import { StoreUnavailable } from '@posthouse/store'
import { nothing } from '../arguments.ts'
import { ok } from '../completion.ts'
import { refusal } from '../refusals.ts'
import { command } from '../verb.ts'

/**
 * QUIT. RFC 1939 §4, §6. The only way in which anything is removed; an answer of +OK says that it
 * is removed for good.
 */
export const quit = command({
  name: 'QUIT',
  state: 'any',
  usage: 'QUIT',
  parse: nothing,
  async execute(_, context) {
    if (context.state === 'authorization') return ok('Goodbye.', { kind: 'end' })
    const { maildrop } = context
    const removed = maildrop.deletedCount
    try {
      if ((await maildrop.update()) === 'limit') return refusal.notHidden
      return ok(removed === 0 ? 'Goodbye.' : `${removed} removed. Goodbye.`, { kind: 'end' })
    } catch (error) {
      if (error instanceof StoreUnavailable) return refusal.notRemoved
      throw error
    }
  },
})
