import type { MailboxId, MessageId } from '@posthouse/store'

/** A message's EMAILID: copies share it, because they are the same message in the store (RFC 8474 §5.1). */
export function emailIdText(id: MessageId): string {
  return `M${id}`
}

/** A message's THREADID: shared by a conversation in whatever mailboxes of the account (RFC 8474 §5.2). */
export function threadIdText(id: number): string {
  return `T${id}`
}

/** A mailbox's MAILBOXID: kept by RENAME, never given again (RFC 8474 §4). */
export function mailboxIdText(id: MailboxId): string {
  return `F${id}`
}
