import { appendArguments, end, space } from '@posthouse/imap-wire'
import { computeFacts } from '@posthouse/message'
import { command } from '../session/command.ts'
import { bad, no, ok, type Completion } from '../session/completion.ts'
import { refusal } from '../session/refusals.ts'

/** RFC 6855 §4. */
const notUtf8 = bad('UTF8 needs ENABLE UTF8=ACCEPT first')
const onlyOne = bad('One message at a time')
const empty = no('A message cannot be empty', 'CANNOT')

function refused(reason: 'nonexistent' | 'limit' | 'quota'): Completion {
  if (reason === 'quota') return refusal.overQuota
  return reason === 'limit' ? refusal.tooManyKeywords : refusal.tryCreate
}

/** APPEND (RFC 3501 §6.3.11), answered with APPENDUID (RFC 4315 §3). */
export const append = command({
  names: ['APPEND'],
  state: 'member',
  parse(c) {
    space(c)
    const args = appendArguments(c)
    end(c)
    return args
  },
  async execute(args, { account, store, mailboxes, selected, messageBytes, enabled }) {
    const [message, more] = args.messages
    if (message === undefined || more !== undefined) return onlyOne
    const { octets, flags, date } = message
    if (message.isUtf8 && !enabled.has('UTF8=ACCEPT')) return notUtf8
    if (octets.length > messageBytes) return refusal.tooBig
    if (octets.length === 0) return empty
    if (octets.includes(0)) return message.isBinary ? refusal.binary : refusal.nul
    const target = await mailboxes.find(args.mailbox)
    if (target === undefined) return refusal.tryCreate
    const request = { octets, facts: computeFacts(octets), flags }
    const result = await store.append(
      account.id,
      target.id,
      date === undefined ? request : { ...request, receivedAt: date },
    )
    if (!result.ok) return refused(result.reason)
    // RFC 3501 §6.3.11: the selected mailbox's EXISTS comes right with it.
    if (selected?.open.mailbox === target.id) await selected.catchUp()
    const { uidValidity, uid } = result
    return ok('Kept', { code: 'APPENDUID', uidValidity, uids: [uid] })
  },
})
