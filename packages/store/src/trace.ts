import type { AccountId } from './ids.ts'
import type { TraceDetails, TraceKind } from './trace-event.ts'

export type { TraceDetails, TraceKind } from './trace-event.ts'

/** Whose steps are asked for: of a message on its way in or out, of all that have this Message-ID, of an address, of mail like this. */
export type TraceSubject =
  | { readonly by: 'queue-id'; readonly id: string }
  | { readonly by: 'message-id'; readonly id: string }
  | { readonly by: 'address'; readonly address: string }
  | ({ readonly by: 'mail' } & MailLike)

/** Messages that came in, or were refused, and are all of this; any that did where nothing is said. */
export interface MailLike {
  /** The envelope sender, `''` for the null sender. */
  readonly sender?: string
  /** One of those it was for; of an account here, by whatever address. */
  readonly recipient?: string
  /** Words in its subject, in any case. */
  readonly subject?: string
  /** What the filter did with it: `deliver`, `tag`, `junk`, `quarantine`, `defer`, `reject`. */
  readonly action?: string
}

/** Which steps. */
export interface TraceQuery {
  readonly subject: TraceSubject
  /** A queue id tells the time itself; a day, unless told otherwise. */
  readonly since?: Date
  readonly until?: Date
  /** The latest so many. */
  readonly limit?: number
}

/** One thing that happened. */
export interface TraceStep {
  readonly at: Date
  readonly kind: TraceKind
  /** 26 characters; absent where the message came by APPEND, or the step is about many. */
  readonly queueId?: string
  readonly account?: AccountId
  /** The account's address, if it still has one. */
  readonly address?: string
  /** The mailbox's present name. */
  readonly mailbox?: string
  /** In the mailbox, as ranges `first` to `last`. */
  readonly uids: readonly (readonly [first: number, last: number])[]
  readonly details: TraceDetails
}

/** What happened to messages, kept for a month. */
export interface Trace {
  /** In the order of time. */
  find(query: TraceQuery): Promise<readonly TraceStep[]>
}
