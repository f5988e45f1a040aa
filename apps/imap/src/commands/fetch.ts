import { end, fetchItems, fetchModifiers, sequenceSet, space } from '@posthouse/imap-wire'
import { fetchMessages } from '../fetch/fetch-messages.ts'
import { planFetch } from '../fetch/fetch-plan.ts'
import { changedSince, pageOf, resolveMessages } from '../mailbox/resolve-messages.ts'
import { vanishedEarlier } from '../mailbox/vanished.ts'
import { command } from '../session/command.ts'
import { ok } from '../session/completion.ts'
import { refusal } from '../session/refusals.ts'

/**
 * FETCH and UID FETCH: RFC 3501 §6.4.5, with CHANGEDSINCE and VANISHED (RFC 7162 §3.1.4, §3.2.6) and PARTIAL
 * (RFC 9394 §3.3), which pages what CHANGEDSINCE leaves.
 */
export const fetch = command({
  names: ['FETCH', 'UID FETCH'],
  state: 'selected',
  capabilities: ['OBJECTID', 'SAVEDATE', 'PREVIEW', 'BINARY'],
  holdsNumbers: true,
  parse(c, verb) {
    const byUid = verb.startsWith('UID')
    space(c)
    const messages = sequenceSet(c)
    space(c)
    const items = fetchItems(c)
    const modifiers = fetchModifiers(c, byUid)
    end(c)
    return { messages, byUid, modifiers, plan: planFetch(items, byUid, modifiers) }
  },
  async *execute({ messages, byUid, modifiers, plan }, reader) {
    const { selected, enabled } = reader
    const { vanished, changedSince: since, partial } = modifiers
    if (vanished && !enabled.has('QRESYNC')) return refusal.notEnabled
    if (plan.tellsModSeq) enabled.add('CONDSTORE')
    let ranges = resolveMessages(selected, messages, byUid)
    if (ranges === undefined) return refusal.noSuchMessage
    // Of one moment: what goes while it is looked for is told as gone later, and its flags now.
    if (since !== undefined) ranges = changedSince(selected, ranges, since)
    // RFC 7162 §3.2.6: before any FETCH.
    if (vanished && since !== undefined) yield await vanishedEarlier(selected, messages, since)
    if (partial !== undefined) ranges = pageOf(ranges, partial)
    const { areGone, hasUnknownEncoding } = yield* fetchMessages(reader, ranges, plan)
    if (hasUnknownEncoding) return refusal.unknownEncoding
    return ok('Fetched', areGone ? 'EXPUNGEISSUED' : undefined)
  },
})
