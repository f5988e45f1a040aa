import type { Finding } from './stage.ts'

/**
 * What becomes of a message as a whole, by the installation's thresholds. `deliver`, `tag` (delivered, its subject untouched,
 * its header says so), `junk`, `quarantine`, `defer` (451), `reject` (5xx).
 */
export type Action = 'deliver' | 'tag' | 'junk' | 'quarantine' | 'defer' | 'reject'

/** How a stage ended. */
export interface StageReport {
  readonly name: string
  readonly outcome: 'done' | 'failed' | 'timed-out'
  readonly ms: number
  /** Why it failed; for the log and the trace. */
  readonly because?: string
}

/** The pipeline's word on a message. */
export interface FilterVerdict {
  readonly action: Action
  readonly points: number
  /** Points from which on this message would have gone to Junk; absent where the pipeline does not say. */
  readonly junkAt?: number
  /** Heaviest first (by the size of their points), then by name. */
  readonly findings: readonly Finding[]
  readonly stages: readonly StageReport[]
  /** The kind of refusal or quarantine: for the reply code and for `quarantine list --reason`. */
  readonly reason?: 'spam' | 'virus' | 'policy' | 'failure' | 'greylist'
  /** What a refused or deferred stranger reads. */
  readonly text?: string
}

/** Points from which on something happens; undefined: never. */
export interface Thresholds {
  readonly tag: number
  readonly junk: number
  readonly quarantine?: number
  readonly reject?: number
}

/** What a recipient has otherwise than the installation: only where the message is taken at all. */
export interface RecipientSettings {
  /** Points from which on mail goes to Junk instead of INBOX. */
  readonly junk?: number
  /** Points from which on mail is kept aside instead. */
  readonly quarantine?: number
  /** Authenticated domains, or addresses at one: to INBOX whatever the points (never past a virus). */
  readonly allowed: readonly string[]
  /** Domains or addresses: to Junk. */
  readonly blocked: readonly string[]
}

/** Where one recipient's copy goes. */
export type Placement = 'inbox' | 'junk' | 'quarantine'
