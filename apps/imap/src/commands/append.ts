import { setImmediate as nextTurn } from 'node:timers/promises'
import { appendArguments, end, space, type AppendMessage } from '@posthouse/imap-wire'
import type { AppendRequest } from '@posthouse/store'
import { command } from '../session/command.ts'
import { ok, type Completion } from '../session/completion.ts'
import { refusal } from '../session/refusals.ts'
import { messageFault, requestOf } from './kept-message.ts'

function refused(reason: 'nonexistent' | 'limit' | 'quota'): Completion {
  if (reason === 'quota') return refusal.overQuota
  return reason === 'limit' ? refusal.tooManyKeywords : refusal.tryCreate
}

/** APPEND (RFC 3501 §6.3.11) of one message or several, all or none (RFC 3502 §2), answered with APPENDUID (RFC 4315 §3). */
export const append = command({
  names: ['APPEND'],
  state: 'member',
  capabilities: ['MULTIAPPEND'],
  parse(c) {
    space(c)
    const args = appendArguments(c)
    end(c)
    return args
  },
  async execute({ mailbox, messages }, member) {
    const { account, store, mailboxes, selected } = member
    const unfit = messages
      .map((message) => messageFault(message, member))
      .find((each) => each !== undefined)
    if (unfit !== undefined) return unfit
    const target = await mailboxes.find(mailbox)
    if (target === undefined) return refusal.tryCreate
    const result = await store.appendAll(account.id, target.id, await requestsOf(messages))
    if (!result.ok) return refused(result.reason)
    // RFC 3501 §6.3.11: the selected mailbox's EXISTS comes right with it.
    if (selected?.open.mailbox === target.id) await selected.catchUp()
    if (member.without.has('UIDPLUS')) return ok('Kept')
    const { uidValidity, uids } = result
    return ok('Kept', { code: 'APPENDUID', uidValidity, uids })
  },
})

/** Takes the messages apart, other sessions having their turn between two of them. */
async function requestsOf(messages: readonly AppendMessage[]): Promise<readonly AppendRequest[]> {
  const requests: AppendRequest[] = []
  for (const message of messages) {
    if (requests.length > 0) await nextTurn()
    requests.push(requestOf(message))
  }
  return requests
}
