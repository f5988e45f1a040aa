import { end, sequenceSet, space, storeAction, storeModifiers } from '@posthouse/imap-wire'
import { modSeq as asModSeq, type StoreOutcome, type Uid } from '@posthouse/store'
import type { StateItem } from '../fetch/fetch-plan.ts'
import { fetchStates } from '../fetch/fetch-states.ts'
import { resolveMessages, uidsOf } from '../mailbox/resolve-messages.ts'
import type { SelectedMailbox } from '../mailbox/selected-mailbox.ts'
import { command } from '../session/command.ts'
import { ok } from '../session/completion.ts'
import { refusal } from '../session/refusals.ts'

/**
 * STORE and UID STORE: RFC 3501 §6.4.6, with UNCHANGEDSINCE (RFC 7162 §3.1.3). A client that is aware of
 * mod-sequences is told the new ones even by `.SILENT`, or its copy of the mailbox would be stale.
 */
export const store = command({
  names: ['STORE', 'UID STORE'],
  state: 'selected',
  writes: true,
  holdsNumbers: true,
  parse(c, verb) {
    space(c)
    const messages = sequenceSet(c)
    space(c)
    const { unchangedSince } = storeModifiers(c)
    const action = storeAction(c)
    end(c)
    return { messages, unchangedSince, action, byUid: verb.startsWith('UID') }
  },
  async *execute({ messages, unchangedSince, action, byUid }, { selected, enabled }) {
    if (unchangedSince !== undefined) enabled.add('CONDSTORE')
    const ranges = resolveMessages(selected, messages, byUid)
    if (ranges === undefined) return refusal.noSuchMessage
    if (ranges.length === 0) return ok('Nothing to change')
    const outcome = await selected.open.setFlags(
      uidsOf(selected, ranges),
      action,
      unchangedSince === undefined ? {} : { unchangedSince: asModSeq(unchangedSince) },
    )
    if (!outcome.ok) {
      return outcome.reason === 'limit' ? refusal.tooManyKeywords : refusal.noSuchMailbox
    }
    yield selected.newKeywords()
    const items = toldItems(selected, action.isSilent, byUid)
    const isTold = toldMessages(selected, action.isSilent, unchangedSince !== undefined, outcome)
    const { areGone, hasGhosts } = yield* fetchStates(selected, ranges, items, isTold)
    if (outcome.modified.length > 0) {
      const numbers = byUid
        ? outcome.modified
        : outcome.modified.map((uid) => selected.numbers.seqOf(uid))
      return ok('Some were changed meanwhile', { code: 'MODIFIED', messages: numbers })
    }
    return ok('Stored', (areGone || hasGhosts) && !byUid ? 'EXPUNGEISSUED' : undefined)
  },
})

/** What the responses say: to a client that is aware of mod-sequences always UID and MODSEQ (RFC 7162 §3.2.4). */
function toldItems(
  { tellsModSeqs }: SelectedMailbox,
  isSilent: boolean,
  byUid: boolean,
): readonly StateItem[] {
  return [
    ...(byUid || tellsModSeqs ? (['UID'] as const) : []),
    ...(isSilent ? [] : (['FLAGS'] as const)),
    ...(tellsModSeqs ? (['MODSEQ'] as const) : []),
  ]
}

/** Whom they are about: not those that UNCHANGEDSINCE spared; `.SILENT` only those that got a new mod-sequence. */
function toldMessages(
  { tellsModSeqs }: SelectedMailbox,
  isSilent: boolean,
  isConditional: boolean,
  { changed, modified }: Extract<StoreOutcome, { readonly ok: true }>,
): (uid: Uid) => boolean {
  if (isSilent && !tellsModSeqs) return () => false
  if (isSilent && !isConditional) {
    const told = new Set(changed)
    return (uid) => told.has(uid)
  }
  if (modified.length === 0) return () => true
  const spared = new Set(modified)
  return (uid) => !spared.has(uid)
}
