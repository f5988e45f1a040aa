import type { Delivery } from './delivery.ts'
import type { AccountId } from './ids.ts'
import type { QueueOperations } from './queue-operations.ts'
import type { QueueOrigin } from './queue-submission.ts'

/** A recipient of a claimed message. */
export interface ClaimedRecipient {
  /** Its number inside the message. */
  readonly n: number
  readonly address: string
  /** ORCPT as `type;address`. */
  readonly originalRecipient: string | undefined
  readonly notify: readonly string[] | undefined
  /** This attempt's number, from 1. */
  readonly attempt: number
  /** A delay notice has been sent already. */
  readonly isDelayTold: boolean
  /** The attempt before this one was never recorded (its worker died): the message may have been taken already. */
  readonly wasAbandoned: boolean
  /** How often an attempt had an unknown outcome: the message may have arrived each time. Absent: never. */
  readonly unknowns?: number
  /** What the last recorded attempt came to, for a final report. */
  readonly last: RemoteReply | undefined
  /** Why nothing is sent to this address; only in `Claim.suppressed`. */
  readonly suppressed?: string | undefined
}

/** A message and those of its recipients, of one destination, that were claimed together. */
export interface ClaimedMessage {
  readonly queueId: string
  readonly destination: string
  /** Who submitted it; null for our own reports. */
  readonly account: AccountId | null
  readonly sender: string
  /** Octets to be sent, prefix included. */
  readonly size: number
  readonly envelopeId: string | undefined
  readonly returnContent: 'full' | 'headers' | undefined
  readonly isEightBit: boolean
  readonly needsSmtpUtf8: boolean
  readonly requiresTls: boolean
  /** `TLS-Required: no` (RFC 8689 §5). */
  readonly isTlsOptional: boolean
  readonly origin: QueueOrigin
  /** The domain it is signed for, as A-label; undefined for what none of our accounts wrote. */
  readonly authorDomain: string | undefined
  readonly priority: number
  /** Its account wants the envelope sender to name the recipient (`send.verp`). */
  readonly isVerp?: boolean
  readonly submittedAt: Date
  /** Since it could first go: submission, or the release that its sender asked for. By the database's clock. */
  readonly ageSeconds: number
  /** From then on until it is given up. */
  readonly lifetimeSeconds: number
  readonly recipients: readonly ClaimedRecipient[]
}

/** Work taken from the queue. Outcomes are recorded under its token; a token whose lease ran out records nothing. */
export interface Claim {
  readonly token: string
  readonly messages: readonly ClaimedMessage[]
  /** Recipients that nothing is sent to: to be recorded as bounced, under the same token, with a report. */
  readonly suppressed: readonly ClaimedMessage[]
}

/** What to claim. */
export interface ClaimRequest {
  /** The worker's name, for people and for `abandon`. */
  readonly worker: string
  /** At most this many destinations, those that wait longest first. */
  readonly destinations: number
  /** At most this many recipients of each. */
  readonly perDestination: number
  /** Destinations that are busy or suspended. */
  readonly except?: readonly string[]
  /** Nothing but these, where it is given. */
  readonly only?: readonly string[]
  /** Until others may take it: renew before. */
  readonly leaseSeconds: number
}

/** What a remote host said, or what went wrong on the way to it. */
export interface RemoteReply {
  readonly host: string | undefined
  readonly code: number | undefined
  readonly enhanced: string | undefined
  /** Capped at 2,000 characters and cleaned of controls when it is kept. */
  readonly text: string
  /** What protected the connection, in words; for the trace. */
  readonly tls?: string
}

/**
 * How an attempt ended for one recipient. `deferred` and `unknown` (connection lost after the final dot) are tried again
 * after `retryInSeconds`; the others are final.
 */
export interface AttemptOutcome {
  readonly queueId: string
  readonly n: number
  readonly kind: 'delivered' | 'deferred' | 'bounced' | 'unknown'
  readonly reply: RemoteReply
  readonly retryInSeconds?: number
}

/**
 * A report (RFC 3464) that is delivered, or queued, in the transaction that records the outcomes it tells of. If another
 * worker has taken one of them over, the report is not written.
 */
export interface OutcomeReport {
  readonly about: readonly { readonly queueId: string; readonly n: number }[]
  /** `delay`: marks the recipients, so that they are told of a delay once only. */
  readonly kind: 'failure' | 'delay' | 'success'
  /** The report itself; `queueId` is its own. Recipients, `outbound`, or both. */
  readonly delivery: Delivery
}

/**
 * What was recorded. `lost`: claimed by another worker meanwhile (the lease had run out), gone, or recorded under this token
 * before (a call repeated after an unknown outcome).
 */
export interface Recorded {
  readonly recorded: number
  readonly lost: readonly { readonly queueId: string; readonly n: number }[]
}

/** The outbound queue. Ids are the 26 characters that people see. */
export interface Queue extends QueueOperations {
  /** Takes due recipients for a time, whole destinations first come first served. Empty when nothing is due. */
  claim(request: ClaimRequest): Promise<Claim>
  /** Holds on to what is not recorded yet; the number of recipients still held. */
  renew(token: string, leaseSeconds: number): Promise<number>
  /** Gives back what was not tried, without counting an attempt: all of it, or these. Due at once, or in so many seconds. */
  release(
    token: string,
    items?: readonly { readonly queueId: string; readonly n: number }[],
    dueInSeconds?: number,
  ): Promise<number>
  /** The names of all workers that hold something. */
  workers(): Promise<readonly string[]>
  /** Frees everything that a worker of this name holds. Only when it is known to be dead. */
  abandon(worker: string): Promise<number>
  /** Records outcomes and writes their reports, all in one transaction. Safe to repeat after an unknown outcome. */
  record(
    token: string,
    outcomes: readonly AttemptOutcome[],
    reports?: readonly OutcomeReport[],
  ): Promise<Recorded>
  /**
   * Prefix and content of many messages in two reads; ids that are gone are missing. All of it is in memory at once: the caller
   * bounds the sum of `ClaimedMessage.size`. `isToBeSent`: what was held or deleted since it was claimed is missing, too.
   */
  contents(
    queueIds: readonly string[],
    how?: { readonly isToBeSent?: boolean },
  ): Promise<ReadonlyMap<string, Buffer>>
  /**
   * Milliseconds until something may be due: 0 when something is, undefined when nothing waits. Never too long; too short where
   * what was due has been taken or has ended meanwhile: a claim then sets it right.
   */
  nextDueMs(except?: readonly string[]): Promise<number | undefined>
  /** Deletes what was finished longer ago than this; the number of messages. At most 1,000 per call. */
  purge(finishedSecondsAgo: number): Promise<number>
  /** Calls the listener when something may have become due, in whatever process. Returns the way to stop. */
  onWork(listener: () => void): () => void
}
