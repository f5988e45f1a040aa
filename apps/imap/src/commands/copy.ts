import {
  copyArguments,
  end,
  formatUntaggedStatus,
  space,
  type ResponseCode,
} from '@posthouse/imap-wire'
import type { CopyOutcome } from '@posthouse/store'
import { resolveMessages, uidsOf } from '../mailbox/resolve-messages.ts'
import { command } from '../session/command.ts'
import { ok, type Completion } from '../session/completion.ts'
import type { Member } from '../session/context.ts'
import { refusal } from '../session/refusals.ts'

/** COPYUID (RFC 4315 §3); none where nothing was copied. */
function copyUid(outcome: CopyOutcome, { without }: Member): ResponseCode | undefined {
  if (!outcome.ok || outcome.pairs.length === 0 || without.has('UIDPLUS')) return undefined
  return {
    code: 'COPYUID',
    uidValidity: outcome.uidValidity,
    from: outcome.pairs.map(([source]) => source),
    to: outcome.pairs.map(([, target]) => target),
  }
}

function refused(reason: 'nonexistent' | 'limit' | 'quota'): Completion {
  if (reason === 'quota') return refusal.overQuota
  return reason === 'limit' ? refusal.mailboxFull : refusal.tryCreate
}

/**
 * COPY and UID COPY. RFC 3501 §6.4.7. Messages that another session has expunged meanwhile are
 * passed over, not an error.
 */
export const copy = command({
  names: ['COPY', 'UID COPY'],
  state: 'selected',
  parse(c, verb) {
    space(c)
    const args = copyArguments(c)
    end(c)
    return { ...args, byUid: verb.startsWith('UID') }
  },
  async execute({ messages, target, byUid }, reader) {
    const { selected, mailboxes } = reader
    const ranges = resolveMessages(selected, messages, byUid)
    if (ranges === undefined) return refusal.noSuchMessage
    const found = await mailboxes.find(target)
    if (found === undefined) return refusal.tryCreate
    if (ranges.length === 0) return ok('Nothing to copy')
    const outcome = await selected.open.copy(uidsOf(selected, ranges), found.id)
    if (!outcome.ok) return refused(outcome.reason)
    if (found.id === selected.open.mailbox) await selected.catchUp()
    return ok('Copied', copyUid(outcome, reader))
  },
})

/**
 * MOVE and UID MOVE. RFC 6851 §3. COPYUID goes out before the first EXPUNGE, so that a client that
 * drops the connection half way can still tell where each message went (§4.3).
 */
export const move = command({
  names: ['MOVE', 'UID MOVE'],
  state: 'selected',
  capabilities: ['MOVE'],
  extension: () => 'MOVE',
  writes: true,
  parse(c, verb) {
    space(c)
    const args = copyArguments(c)
    end(c)
    return { ...args, byUid: verb.startsWith('UID') }
  },
  async *execute({ messages, target, byUid }, reader) {
    const { selected, mailboxes } = reader
    const ranges = resolveMessages(selected, messages, byUid)
    if (ranges === undefined) return refusal.noSuchMessage
    const found = await mailboxes.find(target)
    if (found === undefined) return refusal.tryCreate
    if (ranges.length === 0) return ok('Nothing to move')
    const outcome = await selected.open.move(uidsOf(selected, ranges), found.id)
    if (!outcome.ok) return refused(outcome.reason)
    const code = copyUid(outcome, reader)
    if (code !== undefined) yield formatUntaggedStatus('OK', 'Moved to', code)
    if (found.id === selected.open.mailbox) await selected.catchUp()
    yield selected.news({ mayExpunge: true })
    return ok('Moved', code === undefined ? undefined : selected.toldModSeqCode())
  },
})
