import type { MailboxRefusal } from '@posthouse/store'
import { no, type Completion } from '../session/completion.ts'
import { refusal } from '../session/refusals.ts'

const answers: Readonly<Record<MailboxRefusal, Completion>> = {
  exists: refusal.mailboxExists,
  nonexistent: refusal.noSuchMailbox,
  invalid: refusal.mailboxName,
  limit: no('There are too many mailboxes, or too many levels of them', 'LIMIT'),
  inbox: refusal.inbox,
  'special-use': refusal.useAttribute,
}

/** The answer to a mailbox command that the store refused. */
export function mailboxRefusal(reason: MailboxRefusal): Completion {
  return answers[reason]
}
