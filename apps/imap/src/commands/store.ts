import { end, sequenceSet, space, storeAction } from '@posthouse/imap-wire'
import { limits } from '../limits.ts'
import { blocksOf, resolveMessages, uidsOf } from '../mailbox/resolve-messages.ts'
import { command } from '../session/command.ts'
import { ok } from '../session/completion.ts'
import { Octets } from '../session/octets.ts'
import { refusal } from '../session/refusals.ts'

/** STORE and UID STORE. RFC 3501 §6.4.6. */
export const store = command({
  names: ['STORE', 'UID STORE'],
  state: 'selected',
  writes: true,
  holdsNumbers: true,
  parse(c, verb) {
    space(c)
    const messages = sequenceSet(c)
    space(c)
    const action = storeAction(c)
    end(c)
    return { messages, action, byUid: verb.startsWith('UID') }
  },
  async *execute({ messages, action, byUid }, { selected }) {
    const ranges = resolveMessages(selected, messages, byUid)
    if (ranges === undefined) return refusal.noSuchMessage
    if (ranges.length === 0) return ok('Nothing to change')
    const outcome = await selected.open.setFlags(uidsOf(selected, ranges), action)
    if (!outcome.ok) {
      return outcome.reason === 'limit' ? refusal.tooManyKeywords : refusal.noSuchMailbox
    }
    yield selected.newKeywords()
    let areGone = false
    const { flags, open } = selected
    for (const { seqs, uids } of blocksOf(selected, ranges, limits.flagsBlock)) {
      const out = new Octets(uids.length * 40)
      for (const [i, uid] of uids.entries()) {
        const row = open.row(uid)
        areGone ||= row === undefined || row.isGhost
        if (action.isSilent || row === undefined) continue
        out
          .ascii('* ')
          .uint(seqs[i] ?? 0)
          .ascii(' FETCH (')
        if (byUid) out.ascii('UID ').uint(uid).ascii(' ')
        out
          .ascii('FLAGS ')
          .ascii(flags.list(row.flags, open.isRecent(uid)))
          .ascii(')\r\n')
      }
      yield out.take()
    }
    return ok('Stored', areGone && !byUid ? 'EXPUNGEISSUED' : undefined)
  },
})
