import { end, formatUntaggedStatus, replaceArguments, space } from '@posthouse/imap-wire'
import type { ReplaceOutcome } from '@posthouse/store'
import { resolveMessages } from '../mailbox/resolve-messages.ts'
import { command } from '../session/command.ts'
import { no, ok, type Completion } from '../session/completion.ts'
import { refusal } from '../session/refusals.ts'
import { messageFault, requestOf } from './kept-message.ts'

type Refused = Extract<ReplaceOutcome, { readonly ok: false }>

const refused: Readonly<Record<Refused['reason'], Completion>> = {
  nonexistent: refusal.tryCreate,
  limit: refusal.tooManyKeywords,
  quota: refusal.overQuota,
  gone: no('The message to be replaced has been expunged', 'EXPUNGEISSUED'),
}
const absent = no('There is no such message to be replaced', 'NONEXISTENT')

/**
 * REPLACE and UID REPLACE: a message comes, another one goes, in one step (RFC 8508 §3). APPENDUID is said before the EXPUNGE
 * (§4.3), and nothing at all before both are done (§3.3). With QRESYNC it ends like UID EXPUNGE (§4.5).
 */
export const replace = command({
  names: ['REPLACE', 'UID REPLACE'],
  state: 'selected',
  capabilities: ['REPLACE'],
  extension: () => 'REPLACE',
  writes: true,
  parse(c, verb) {
    space(c)
    const args = replaceArguments(c)
    end(c)
    return { ...args, byUid: verb.startsWith('UID') }
  },
  async *execute({ replaced, mailbox, message, byUid }, member) {
    const { selected, mailboxes } = member
    const ranges = resolveMessages(selected, replaced, byUid)
    if (ranges === undefined) return refusal.noSuchMessage
    const [first] = ranges
    const old = first && selected.numbers.uidAt(first.from)
    if (old === undefined) return absent
    const fault = messageFault(message, member)
    if (fault !== undefined) return fault
    const target = await mailboxes.find(mailbox)
    if (target === undefined) return refusal.tryCreate
    const outcome = await selected.open.replace(old, target.id, requestOf(message))
    if (!outcome.ok) return refused[outcome.reason]
    const { uidValidity, uid } = outcome
    if (!member.without.has('UIDPLUS')) {
      const code = { code: 'APPENDUID', uidValidity, uids: [uid] } as const
      yield formatUntaggedStatus('OK', 'The replacement is kept', code)
    }
    if (target.id === selected.open.mailbox) await selected.catchUp()
    yield selected.news({ mayExpunge: true })
    return ok('Replaced', selected.toldModSeqCode())
  },
})
