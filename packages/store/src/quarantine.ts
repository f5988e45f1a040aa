import type { Actor } from './audit.ts'
import type { AccountId } from './ids.ts'

/** Why mail is kept aside. */
export type QuarantineReason = 'spam' | 'virus' | 'policy'

/** In the place of a mailbox: the copy is kept aside, where no client sees it. */
export interface KeptAside {
  /** The address it was sent to, as named in RCPT. */
  readonly recipient: string
  readonly reason: QuarantineReason
}

/** A copy that is kept aside. */
export interface QuarantinedMessage {
  /** 26 characters. */
  readonly id: string
  readonly account: AccountId
  /** The account's address; undefined while the account is removed. */
  readonly address: string | undefined
  /** Of the message: its trace and verdict are found by it. */
  readonly queueId: string
  readonly reason: QuarantineReason
  readonly recipient: string
  readonly sender: string
  readonly subject: string
  /** Prefix and content, in octets. */
  readonly size: number
  /** The internal date it will have. */
  readonly receivedAt: Date
  readonly keptAt: Date
}

/** Which copies; all conditions hold together. */
export interface QuarantineQuery {
  readonly account?: AccountId
  /** Of accounts in this domain. */
  readonly domain?: string
  readonly reason?: QuarantineReason
  readonly since?: Date
  /** The latest so many; 1,000. */
  readonly limit?: number
}

/** What became of one copy that was to be let in. `gone`: the account it is for is. */
export type ReleaseOutcome =
  | { readonly kind: 'released'; readonly message: QuarantinedMessage; readonly to: AccountId }
  | { readonly kind: 'not-found' | 'gone' }

/** How a copy is let in. */
export interface ReleaseOptions {
  /** Into INBOX of this account instead of its own. */
  readonly to?: AccountId
  /** The filter learns, for that account, that such mail is wanted. */
  readonly teaches?: boolean
}

/** Mail kept aside. It counts against no quota, and neither does letting it in ask for one: an operator decided. */
export interface Quarantine {
  /** Latest first. */
  list(query?: QuarantineQuery): Promise<readonly QuarantinedMessage[]>
  /** By its id; undefined where there is none. */
  show(id: string): Promise<QuarantinedMessage | undefined>
  /** Prefix and content, as they will be delivered; undefined where there is none. */
  octets(id: string): Promise<{ readonly prefix: Buffer; readonly content: Buffer } | undefined>
  /** Delivers into INBOX, unaltered, with its prefix and internal date. */
  release(id: string, by: Actor, options?: ReleaseOptions): Promise<ReleaseOutcome>
  /** Erases copies for good; gives the ids of those that were there. */
  delete(ids: readonly string[], by: Actor): Promise<readonly string[]>
  /** Erases what was kept for longer than this; gives how many. */
  purge(olderThanSeconds: number, by?: Actor): Promise<number>
}
