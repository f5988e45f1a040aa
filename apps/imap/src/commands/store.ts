import { end, sequenceSet, space, storeAction, storeModifiers } from '@posthouse/imap-wire'
import { modSeq as asModSeq, type Uid } from '@posthouse/store'
import { limits } from '../limits.ts'
import { blocksOf, resolveMessages, uidsOf } from '../mailbox/resolve-messages.ts'
import { command } from '../session/command.ts'
import { ok } from '../session/completion.ts'
import { Octets } from '../session/octets.ts'
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
    const { open } = selected
    const outcome = await open.setFlags(
      uidsOf(selected, ranges),
      action,
      unchangedSince === undefined ? {} : { unchangedSince: asModSeq(unchangedSince) },
    )
    if (!outcome.ok) {
      return outcome.reason === 'limit' ? refusal.tooManyKeywords : refusal.noSuchMailbox
    }
    yield selected.newKeywords()
    const spared = new Set(outcome.modified)
    const changed = new Set(outcome.changed.map(({ uid }) => uid))
    const isTold = (uid: Uid): boolean => {
      if (!action.isSilent) return !spared.has(uid)
      if (!selected.tellsModSeqs) return false
      return unchangedSince === undefined ? changed.has(uid) : !spared.has(uid)
    }
    const tellsUid = byUid || selected.tellsModSeqs
    let areGone = false
    for (const { seqs, uids } of blocksOf(selected, ranges, limits.flagsBlock)) {
      const out = new Octets(uids.length * 40)
      for (const [i, uid] of uids.entries()) {
        const row = open.row(uid)
        areGone ||= row === undefined || row.isGhost
        if (row === undefined || !isTold(uid)) continue
        const flags = action.isSilent ? undefined : row.flags
        selected.writeFlags(out, { seq: seqs[i] ?? 0, uid, flags, modSeq: row.modSeq, tellsUid })
      }
      yield out.take()
    }
    if (spared.size > 0) {
      const numbers = byUid
        ? outcome.modified
        : outcome.modified.map((uid) => selected.numbers.seqOf(uid))
      return ok('Some were changed meanwhile', { code: 'MODIFIED', messages: numbers })
    }
    return ok('Stored', areGone && !byUid ? 'EXPUNGEISSUED' : undefined)
  },
})
