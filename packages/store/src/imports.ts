import type { AppendAllResult, AppendRequest } from './delivery.ts'
import type { AccountId, MailboxId } from './ids.ts'

/** A folder on another server. */
export interface ImportedFolder {
  /** `user@host:port`. */
  readonly source: string
  /** Its name there. */
  readonly folder: string
  readonly uidValidity: number
}

/** A message of such a folder. */
export interface ImportedMessage extends AppendRequest {
  /** Its UID there. */
  readonly sourceUid: number
}

/** UIDs from `start` to before `end`. */
export interface UidSpan {
  readonly start: number
  readonly end: number
}

/** Mail brought over from other servers. */
export interface Imports {
  /** What of a folder there went into a mailbox here, in order. Nothing counts that went into a mailbox that is gone. */
  known(account: AccountId, mailbox: MailboxId, from: ImportedFolder): Promise<readonly UidSpan[]>
  /** Appends messages and notes them as brought over, in one transaction: neither comes without the other. */
  append(
    account: AccountId,
    mailbox: MailboxId,
    from: ImportedFolder,
    messages: readonly ImportedMessage[],
  ): Promise<AppendAllResult>
}
