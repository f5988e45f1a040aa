import type { MailShape } from './mail.ts'

/** The address of the bench's account number `n`. All have the password `benchPassword`. */
export function userAddress(n: number): string {
  return `user${n}@${benchDomain}`
}

/** The domain that every side hosts. */
export const benchDomain = 'bench.test'

/** The password of every bench account: loads run on loopback against servers that live for the bench only. */
export const benchPassword = 'bench-only'

/** Where a side listens, on 127.0.0.1. */
export interface SidePorts {
  readonly smtp: number
  readonly imap: number
  readonly pop3: number
  /** IMAP with TLS from the first octet, where the side has it. */
  readonly imaps?: number
}

/** A mailbox to be measured: INBOX of its own account, built once and kept between runs. */
export interface MailboxPlan {
  /** The account's number: one for each plan. */
  readonly user: number
  readonly messages: number
  readonly shape: MailShape
  /** Only so many are different; the rest are copies of them, for mailboxes that are opened and not read. */
  readonly distinct?: number
}

/** Queued mail for `queue-out`: messages spread over destinations that all lead to the sink. */
export interface QueuePlan {
  readonly messages: number
  readonly destinations: number
  readonly shape: MailShape
  /** They arrive with a DKIM signature. */
  readonly isSigned?: boolean
}

/** One mail system under measurement, private to the bench: own folder, own ports. */
export interface Side {
  readonly name: string
  readonly ports: SidePorts
  /** Starts it unless it runs; accounts 0 to `accounts` - 1 exist afterwards. */
  start(accounts: number): Promise<void>
  stop(): Promise<void>
  /** Processes whose children are all that belongs to this side, the database included. */
  roots(): readonly number[]
  /** Builds the mailbox if the last run did not leave it; the server runs afterwards. */
  fill(plan: MailboxPlan): Promise<void>
  /** Makes the next SELECT the first: no process has the mailbox open, no derived cache of it is left. */
  forget(plan: MailboxPlan): Promise<void>
  /** Does now what is else done in the background for searches. */
  index?(): Promise<void>
  /** Resolves when everything that was accepted is in mailboxes. */
  settled(): Promise<void>
  /** Queues mail without sending it; undefined where this side has no queue to measure. */
  readonly queue?: QueueSide
  /** Runs a command of its own command line, where it has one; rejects where that fails. */
  command?(args: readonly string[]): Promise<void>
  /** Octets on disk that the software itself takes. */
  installedBytes(): Promise<number>
}

/** How `queue-out` is arranged. */
export interface QueueSide {
  /** Queues the messages, none of which leaves before `release`. */
  hold(plan: QueuePlan, sinkPort: number): Promise<void>
  /** Lets them go. */
  release(): Promise<void>
}

/** The address that stands behind destination `n` of `queue-out`, all of them loopback. */
export function destinationHost(n: number): string {
  return `127.0.1.${n + 1}`
}

/** The domain of destination `n`. */
export function destinationDomain(n: number): string {
  return `d${n}.sink.test`
}
