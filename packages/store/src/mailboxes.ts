import type { Actor } from './audit.ts'
import type { MailboxId, ModSeq, Uid } from './ids.ts'

/** A special use (RFC 6154 §2), a column and not a name. */
export type SpecialUse =
  | '\\All'
  | '\\Archive'
  | '\\Drafts'
  | '\\Flagged'
  | '\\Important'
  | '\\Junk'
  | '\\Sent'
  | '\\Trash'

/** A mailbox that exists. Names implied by a child only (`\NonExistent`) are not listed: callers derive them. */
export interface MailboxInfo {
  readonly id: MailboxId
  /** The whole path in Unicode, `/` between levels; INBOX always in capitals. */
  readonly name: string
  readonly uidValidity: number
  readonly specialUse: SpecialUse | undefined
}

/** The figures of STATUS (RFC 3501 §6.3.10, RFC 7162 §3.1, RFC 8438). */
export interface MailboxStatus {
  readonly messages: number
  readonly recent: number
  readonly unseen: number
  readonly deleted: number
  /** Sum of RFC822.SIZE. */
  readonly bytes: number
  readonly uidNext: Uid
  readonly uidValidity: number
  readonly highestModSeq: ModSeq
}

/** Why a mailbox command was refused. */
export type MailboxRefusal =
  | 'exists'
  | 'nonexistent'
  /** The name breaks a rule (empty level, control character, wildcard, too long). */
  | 'invalid'
  /** Too many mailboxes, or levels. */
  | 'limit'
  /** INBOX can not be deleted or replaced. */
  | 'inbox'
  /** Another mailbox has this special use already (RFC 6154 §3: USEATTR). */
  | 'special-use'

/** The outcome of a mailbox command. */
export type MailboxOutcome<Extra = object> =
  | ({ readonly ok: true } & Extra)
  | { readonly ok: false; readonly reason: MailboxRefusal }

/** Which expunged messages are meant: those expunged in this time. */
export interface UndeleteRange {
  readonly since: Date
  readonly until?: Date
}

/** A mailbox that was deleted and is not purged yet. */
export interface DeletedMailbox {
  readonly id: MailboxId
  readonly name: string
  readonly deletedAt: Date
  readonly messages: number
}

/** What has been made ready of a mailbox, for listing and for searching it. */
export interface MailboxLayout {
  /** Rows of ready-made FETCH data. */
  readonly segments: number
  /** Messages that the search index knows; those that were expunged since are among them. */
  readonly indexed: number
  /** The search index names messages that are purged, and will be made anew. */
  readonly isStale: boolean
}

/** Who changes somebody's mailboxes for them. Their own sessions leave no audit row. */
export interface MailboxKeeper {
  readonly actor: Actor
  /** The account's, as the audit trail is to name it. */
  readonly address: string
  /** Everything is checked and done, and then undone: what comes of it is true, and nothing has happened. */
  readonly isRehearsal?: boolean
}

/** The mailboxes of one account. */
export interface Mailboxes {
  /** All that exist, INBOX first, then by name. */
  list(): Promise<readonly MailboxInfo[]>
  find(name: string): Promise<MailboxInfo | undefined>
  /** Creates it and the parents that are missing (RFC 3501 §6.3.3). A `/` at the end is ignored. */
  create(
    name: string,
    options?: { readonly specialUse?: SpecialUse },
  ): Promise<MailboxOutcome<{ readonly mailbox: MailboxInfo }>>
  /** With its children; of INBOX: moves the messages into a new mailbox (RFC 3501 §6.3.5). */
  rename(from: string, to: string): Promise<MailboxOutcome>
  /** Children stay (RFC 3501 §6.3.4). The messages are purged in the background after the retention. */
  remove(name: string): Promise<MailboxOutcome>
  /** By name, whether the mailbox exists or not (RFC 3501 §6.3.6). */
  subscribe(name: string): Promise<MailboxOutcome>
  unsubscribe(name: string): Promise<MailboxOutcome>
  subscriptions(): Promise<readonly string[]>
  /** Mailboxes that are gone are missing in the answer. */
  status(ids: readonly MailboxId[]): Promise<ReadonlyMap<MailboxId, MailboxStatus>>
  /** Of all that exist. */
  layouts(): Promise<ReadonlyMap<MailboxId, MailboxLayout>>
  /** Enters expunged messages again, under new UIDs, with the flags they had. Purged ones are gone for good. */
  undelete(
    mailbox: MailboxId,
    range: UndeleteRange,
  ): Promise<MailboxOutcome<{ readonly restored: number }>>
  /** Deleted mailboxes that are not purged yet, the latest first. */
  deleted(): Promise<readonly DeletedMailbox[]>
  /** Brings a deleted mailbox back, under its old name or another. */
  restore(mailbox: MailboxId, name?: string): Promise<MailboxOutcome>
}
