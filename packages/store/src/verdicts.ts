import type { DeliveryOrigin } from './delivery.ts'
import type { AccountId } from './ids.ts'

/** One thing that spoke for or against a message. */
export interface VerdictFinding {
  readonly symbol: string
  readonly points: number
  readonly reason: string
}

/** How one stage of the filter ended. */
export interface VerdictStage {
  readonly name: string
  readonly outcome: string
  readonly ms: number
  readonly because?: string
}

/** An authentication verdict, as whoever checks makes it. */
export interface VerdictAuthentication {
  /** Domains that vouch for the message. */
  readonly authenticated: readonly string[]
  readonly evidence: readonly object[]
}

/** The filter's word on a message, as it is kept. What strangers wrote in it is cleaned and cut when it is written. */
export interface MessageVerdict {
  readonly direction: 'inbound' | 'outbound'
  /** `deliver`, `tag`, `junk`, `quarantine`, `defer`, `reject`. */
  readonly action: string
  readonly points: number
  /** Points from which on it would have gone to Junk. */
  readonly junkAt?: number
  /** Heaviest first. */
  readonly findings: readonly VerdictFinding[]
  readonly stages: readonly VerdictStage[]
  readonly reason?: string
  readonly text?: string
  /** Everything known of the sender; `evidence` is the first to go where it is too much to be kept. */
  readonly authentication?: VerdictAuthentication
}

/** A verdict that was kept. */
export interface KeptVerdict extends MessageVerdict {
  readonly at: Date
  readonly queueId: string
  /** It was too large to be kept whole. */
  readonly isCut: boolean
}

/** A message that was not taken. */
export interface Refusal {
  readonly queueId: string
  readonly origin: DeliveryOrigin
  readonly recipients: readonly string[]
  /** Accounts here that it was for: their traces tell of it. */
  readonly accounts?: readonly AccountId[]
  readonly size: number
  /** `null` where it has none. */
  readonly messageId: string | null
  /** As in `MessageFacts`. */
  readonly subject: string
  /** As the client was told. */
  readonly reply: { readonly code: number; readonly enhanced: string; readonly text: string }
  readonly verdict: MessageVerdict
}

/** How many messages ended in an action. */
export interface VerdictCount {
  readonly direction: string
  readonly action: string
  readonly messages: number
}

/** How often a symbol was found, and with what points. */
export interface SymbolCount {
  readonly symbol: string
  readonly messages: number
  /** Of those, how many went to Junk or further. */
  readonly unwanted: number
  readonly averagePoints: number
}

/** What the filter did in a time. */
export interface VerdictStatistics {
  readonly actions: readonly VerdictCount[]
  /** Most frequent first, out of the latest 20,000 messages of the time. */
  readonly symbols: readonly SymbolCount[]
}

/** What the filter said, kept as long as the trace. */
export interface Verdicts {
  /** The latest on this message; undefined where there is none (any more). */
  find(queueId: string): Promise<KeptVerdict | undefined>
  /** Keeps the verdict on a message that was refused or put off, and tells the trace of it. */
  refuse(refusal: Refusal): Promise<void>
  statistics(since: Date): Promise<VerdictStatistics>
}
