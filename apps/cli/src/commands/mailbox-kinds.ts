import { kind } from '../output/kind.ts'
import { claim, count, listOf, orNull, text, time } from '../output/shape.ts'

/** What `mailbox list` shows, and what a change leaves behind. */
export const mailboxKind = kind('Mailbox', 'a mailbox of an account', {
  name: text,
  use: orNull(text),
  subscribed: claim,
  messages: count,
  unseen: count,
  bytes: count,
})

/** What `mailbox list --deleted` shows. */
export const deletedMailboxKind = kind(
  'DeletedMailbox',
  'a mailbox that was deleted and can be restored',
  { name: text, messages: count, deleted: time },
)

/** What `mailbox undelete` did. */
export const undeleteKind = kind('Undelete', 'expunged messages that are back', {
  name: text,
  restored: count,
})

/** What `mailbox search` finds. */
export const foundMessageKind = kind('FoundMessage', 'a message that a search found', {
  mailbox: text,
  uid: count,
  received: time,
  size: count,
  flags: listOf(text),
  from: text,
  subject: text,
})

/** What `mailbox export-message` wrote. */
export const exportedMessageKind = kind('ExportedMessage', 'a message that was written to a file', {
  mailbox: text,
  uid: count,
  file: text,
  bytes: count,
})

/** What `mailbox stats` shows. */
export const mailboxFiguresKind = kind(
  'MailboxFigures',
  'what is in a mailbox, and how it is kept',
  {
    name: text,
    messages: count,
    bytes: count,
    unseen: count,
    deleted: count,
    oldest: orNull(time),
    newest: orNull(time),
    uidNext: count,
    uidValidity: count,
    segments: count,
    indexed: count,
    indexStale: claim,
  },
)
