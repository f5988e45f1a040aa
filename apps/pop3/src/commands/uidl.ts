import { optionalNumber } from '../arguments.ts'
import { listing, ok } from '../completion.ts'
import type { Maildrop } from '../maildrop.ts'
import { messageOr } from '../message-or.ts'
import { command } from '../verb.ts'

function* uniqueIds(maildrop: Maildrop): Generator<string> {
  const { uidValidity } = maildrop
  for (const { number, uid } of maildrop.remaining()) yield `${number} ${uidValidity}.${uid}`
}

/**
 * UIDL [msg]. RFC 1939 §7. UIDVALIDITY and UID together: never given twice, the same in every
 * session, and an operator can tell which IMAP message it is.
 */
export const uidl = command({
  name: 'UIDL',
  state: 'transaction',
  usage: 'UIDL [msg]',
  capability: () => 'UIDL',
  parse: optionalNumber,
  execute(msg, { maildrop }) {
    if (msg === 'all') return listing('Unique ids follow.', uniqueIds(maildrop))
    return messageOr(maildrop, msg, ({ number, uid }) =>
      ok(`${number} ${maildrop.uidValidity}.${uid}`),
    )
  },
})
