declare const brand: unique symbol
type Branded<T, Name extends string> = T & { readonly [brand]: Name }

/** An account's id: a lower-case UUIDv7 as text. The first column of every hot table's key. */
export type AccountId = Branded<string, 'AccountId'>
/** A mailbox inside one account. Given by the database, never reused. */
export type MailboxId = Branded<number, 'MailboxId'>
/** A message inside one account: made by the process, so that a lost COMMIT can be looked up. */
export type MessageId = Branded<number, 'MessageId'>
/** A message's number inside one mailbox, 1 to 2^32-1, ascending, never reused (RFC 3501 §2.3.1.1). */
export type Uid = Branded<number, 'Uid'>
/** A point in a mailbox's history, below 2^53 (RFC 7162 §3.1). */
export type ModSeq = Branded<number, 'ModSeq'>

export const accountId = (text: string): AccountId => text as AccountId
export const mailboxId = (value: number): MailboxId => value as MailboxId
export const messageId = (value: number): MessageId => value as MessageId
export const uid = (value: number): Uid => value as Uid
export const modSeq = (value: number): ModSeq => value as ModSeq
