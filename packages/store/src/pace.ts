import type { Actor } from './audit.ts'
import type { RemoteReply } from './queue.ts'

/** Why a provider's mail is slowed down or kept back. */
export type PaceReason =
  /** It said that we are too fast, or that it is busy. */
  | 'rate'
  /** It wants no mail from us: a block list, a policy about our address. */
  | 'reputation'
  /** It refused one message after another for another reason, or broke the connection each time. */
  | 'refused'

/** How fast a provider takes mail from one of our addresses. Rates are messages a minute. */
export interface PaceState {
  /** Whose MX hosts lie in one organisational domain, or a relay. */
  readonly provider: string
  /** The address of ours that it sees. */
  readonly source: string
  /** Connections at once. */
  readonly connections: number
  /** Since a complaint; undefined: as fast as it goes. */
  readonly rate: number | undefined
  /** What an address that is new there may send; undefined: it is known. */
  readonly ramp: number | undefined
  /** When that last grew. */
  readonly rampAt: Date
  /** Nobody is asked before this; then one message goes ahead of the others. */
  readonly suspendedUntil: Date | undefined
  readonly suspendedSince: Date | undefined
  /** In a row. */
  readonly suspensions: number
  /** It refuses us for good: its refusals are passed on to senders. */
  readonly isResigned: boolean
  readonly because: PaceReason | undefined
  /** The last complaint, and when it came. */
  readonly last: (RemoteReply & { readonly at: Date }) | undefined
  /** Recipients of a transaction, where it was learnt. */
  readonly maxRecipients: number | undefined
  /** Messages of a connection, where it was learnt. */
  readonly maxMessages: number | undefined
}

/** The same with what is counted and kept beside it. */
export interface PaceRecord extends PaceState {
  /** Messages since we know it. */
  readonly delivered: number
  readonly worker: string
  readonly changedAt: Date
}

/** A worker's word on a provider; `delivered`: since its last. */
export interface PaceNote {
  readonly state: PaceState
  readonly delivered: number
}

/** How fast providers take mail: what every worker learns, kept for all of them. */
export interface Pace {
  /** What changed in the last so many seconds, or all: the newest 10,000. */
  read(changedWithinSeconds?: number): Promise<readonly PaceRecord[]>
  /** All, for people: suspended ones first, then those that complained last, then by name. */
  list(): Promise<readonly PaceRecord[]>
  /** Keeps what was learnt. The last word counts. */
  write(worker: string, notes: readonly PaceNote[]): Promise<void>
  /**
   * Asks to send the one message that finds out whether a suspended provider takes mail again; until `holdSeconds` from now
   * nobody else may. False: another worker does.
   */
  takeProbe(provider: string, source: string, holdSeconds: number): Promise<boolean>
  /** Says that a worker lives and sends from these addresses; gives how many live for each, itself among them. */
  beat(worker: string, sources: readonly string[]): Promise<ReadonlyMap<string, number>>
  /** Forgets that a provider complained, at an operator's word; the number of rows. */
  resume(provider: string, by: Actor): Promise<number>
  /** Calls the listener when an operator did, in whatever process. Returns the way to stop. */
  onResume(listener: () => void): () => void
  /** Deletes what was not used for so long; the number of rows. */
  purge(unusedSeconds: number): Promise<number>
}
