import type { Completion } from './completion.ts'
import type { Maildrop, MaildropMessage } from './maildrop.ts'
import { refusal } from './refusals.ts'

/** Does something with a message of this number, or says why there is none. */
export function messageOr<Outcome extends Completion | Promise<Completion>>(
  maildrop: Maildrop,
  number: number,
  use: (message: MaildropMessage) => Outcome,
): Outcome | Completion {
  const found = maildrop.find(number)
  if (found.kind === 'none') return refusal.noSuchMessage
  return found.kind === 'deleted' ? refusal.isDeleted : use(found.message)
}
