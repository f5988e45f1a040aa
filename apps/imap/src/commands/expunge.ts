import { end, sequenceSet, space, type SequenceSet } from '@posthouse/imap-wire'
import { resolveUids } from '../mailbox/resolve-messages.ts'
import { command } from '../session/command.ts'
import { ok } from '../session/completion.ts'

/**
 * EXPUNGE (RFC 3501 §6.4.3) and UID EXPUNGE (RFC 4315 §2.1). The EXPUNGE responses are the
 * session's news. With QRESYNC the answer says up to where the client knows everything then
 * (RFC 7162 §3.2.7, §3.2.9).
 */
export const expunge = command({
  names: ['EXPUNGE', 'UID EXPUNGE'],
  state: 'selected',
  capabilities: ['UIDPLUS'],
  extension: (name) => (name === 'UID EXPUNGE' ? 'UIDPLUS' : undefined),
  writes: true,
  parse(c, verb): SequenceSet | undefined {
    if (verb === 'EXPUNGE') {
      end(c)
      return undefined
    }
    space(c)
    const set = sequenceSet(c)
    end(c)
    return set
  },
  async *execute(set, { selected }) {
    const marked = selected.open.deletedUids()
    const uids = set === undefined ? marked : resolveUids(selected, set, marked)
    const gone = uids.length === 0 ? [] : await selected.open.expunge(uids)
    yield selected.news({ mayExpunge: true })
    return ok('Expunged', gone.length > 0 ? selected.toldModSeqCode() : undefined)
  },
})
