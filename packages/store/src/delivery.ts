import type { MessageFacts } from '@posthouse/message'
import type { AccountId, MailboxId, Uid } from './ids.ts'
import type { KeptAside } from './quarantine.ts'
import type { QueueSubmission } from './queue-submission.ts'
import type { MessageVerdict } from './verdicts.ts'

/** One message on its way in: bytes, facts, mailbox entries and queue rows are one transaction. */
export interface Delivery {
  /** The message as the peer sent it. Not changed, not kept after the delivery. */
  readonly octets: Buffer
  /** `computeFacts(octets)`. */
  readonly facts: MessageFacts
  /** The internal date (RFC 3501 §2.3.3). */
  readonly receivedAt: Date
  /** The id people see (26 characters of Crockford base32). */
  readonly queueId: string
  readonly recipients: readonly DeliveryRecipient[]
  /** Where it came from, for the trace. */
  readonly origin?: DeliveryOrigin
  /** What goes on to foreign domains, put into the queue in the same transaction. */
  readonly outbound?: QueueSubmission
  /** More of it, with other senders or prefixes, each with an id of its own. */
  readonly alsoOutbound?: readonly {
    readonly queueId: string
    readonly submission: QueueSubmission
  }[]
  /** What the filter said, kept whole for people who ask. */
  readonly verdict?: MessageVerdict
}

/** What the trace tells of a message's way in. */
export interface DeliveryOrigin {
  /** `mx`, `submission`, `report`, `autoreply`. */
  readonly door: string
  readonly sender: string
  /** The client's address. */
  readonly client?: string
  readonly helo?: string
  /** The TLS version; absent in the clear. */
  readonly tls?: string
  /** Of our own mail: the queue id of the message that it answers or reports on. */
  readonly about?: string
}

/** One local mailbox that a message is entered in. */
export interface DeliveryRecipient {
  readonly account: AccountId
  /**
   * `INBOX`, a special use with its backslash (`\Junk`), or a mailbox name; where it is missing: INBOX. Or none: kept aside
   * (`store.quarantine`), without flags.
   */
  readonly mailbox: string | KeptAside
  /** What is prepended for this recipient: whole header fields, each ending in CRLF. */
  readonly prefix: Buffer
  /** Flags the message has from the beginning: system flags and keywords. */
  readonly flags: readonly string[]
  /** The address that it was for, where that is not the account's own: an alias, a tag, another domain. For the trace. */
  readonly asked?: string
  /** Why it is placed otherwise than the filter's verdict says. For the trace. */
  readonly because?: string
}

/** Where a recipient's copy went. `gone`: the account was removed after RCPT; nothing was written for it. */
export type DeliveredCopy =
  | { readonly kind: 'delivered'; readonly mailbox: MailboxId; readonly uid: Uid }
  | { readonly kind: 'kept-aside'; readonly id: string }
  | { readonly kind: 'gone' }

/** The outcome of a committed delivery. */
export interface DeliveryResult {
  /** In the order of `Delivery.recipients`. */
  readonly copies: readonly DeliveredCopy[]
}

/** A message for APPEND (RFC 3501 §6.3.11): no prefix. */
export interface AppendRequest {
  readonly octets: Buffer
  readonly facts: MessageFacts
  readonly flags: readonly string[]
  /** Now, unless the client gave a date. */
  readonly receivedAt?: Date
}

/** The outcome of several messages at once: all of them are there, with UIDs in their order, or none (RFC 3502 §2). */
export type AppendAllResult =
  | { readonly ok: true; readonly uidValidity: number; readonly uids: readonly Uid[] }
  | Extract<AppendResult, { readonly ok: false }>

/** `nonexistent`: the mailbox is gone (TRYCREATE); `limit`: too many keywords in the account; `quota`: no room (OVERQUOTA). */
export type AppendResult =
  | { readonly ok: true; readonly uidValidity: number; readonly uid: Uid }
  | { readonly ok: false; readonly reason: 'nonexistent' | 'limit' | 'quota' }
