import { kind } from '../output/kind.ts'
import { boolean, dateTime, integer, listOf, orNull, string } from '../output/shape.ts'

/** What `mailbox list` shows, and what a change leaves behind. */
export const mailboxKind = kind('Mailbox', 'a mailbox of an account', {
  name: string,
  use: orNull(string),
  subscribed: boolean,
  messages: integer,
  unseen: integer,
  bytes: integer,
})

/** What `mailbox list --deleted` shows. */
export const deletedMailboxKind = kind(
  'DeletedMailbox',
  'a mailbox that was deleted and can be restored',
  { name: string, messages: integer, deleted: dateTime },
)

/** What `mailbox undelete` did. */
export const undeleteKind = kind('Undelete', 'expunged messages that are back', {
  name: string,
  restored: integer,
})

/** What `mailbox search` finds. */
export const foundMessageKind = kind('FoundMessage', 'a message that a search found', {
  mailbox: string,
  uid: integer,
  received: dateTime,
  size: integer,
  flags: listOf(string),
  from: string,
  subject: string,
})

/** What `mailbox export-message` wrote. */
export const exportedMessageKind = kind('ExportedMessage', 'a message that was written to a file', {
  mailbox: string,
  uid: integer,
  file: string,
  bytes: integer,
})

/** What `mailbox stats` shows. */
export const mailboxFiguresKind = kind(
  'MailboxFigures',
  'what is in a mailbox, and how it is kept',
  {
    name: string,
    messages: integer,
    bytes: integer,
    unseen: integer,
    deleted: integer,
    oldest: orNull(dateTime),
    newest: orNull(dateTime),
    uidNext: integer,
    uidValidity: integer,
    segments: integer,
    indexed: integer,
    indexStale: boolean,
  },
)
