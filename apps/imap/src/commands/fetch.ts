import { end, fetchItems, sequenceSet, space } from '@posthouse/imap-wire'
import { fetchMessages } from '../fetch/fetch-messages.ts'
import { planFetch } from '../fetch/fetch-plan.ts'
import { resolveMessages } from '../mailbox/resolve-messages.ts'
import { command } from '../session/command.ts'
import { ok } from '../session/completion.ts'
import { refusal } from '../session/refusals.ts'

/** FETCH and UID FETCH. RFC 3501 §6.4.5. */
export const fetch = command({
  names: ['FETCH', 'UID FETCH'],
  state: 'selected',
  holdsNumbers: true,
  parse(c, verb) {
    space(c)
    const messages = sequenceSet(c)
    space(c)
    const items = fetchItems(c)
    end(c)
    const byUid = verb.startsWith('UID')
    return { messages, byUid, plan: planFetch(items, byUid) }
  },
  async *execute({ messages, byUid, plan }, reader) {
    const ranges = resolveMessages(reader.selected, messages, byUid)
    if (ranges === undefined) return refusal.noSuchMessage
    const areGone = yield* fetchMessages(reader, ranges, plan)
    return ok('Fetched', areGone ? 'EXPUNGEISSUED' : undefined)
  },
})
