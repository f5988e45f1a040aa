import type { Actor } from './audit.ts'
import type { TargetHealth } from './forward-health.ts'

export type { TargetHealth } from './forward-health.ts'

/** One address that mail is passed on to. `health` of foreign ones only. */
export interface ForwardedTo {
  readonly address: string
  readonly health?: TargetHealth
}

/** Where the mail of an account, or of an alias, goes on to. */
export interface Forward {
  readonly address: string
  readonly kind: 'account' | 'alias'
  /** It stays in the account, too. */
  readonly keepsCopy: boolean
  readonly targets: readonly ForwardedTo[]
  readonly setAt: Date
}

/** An account or alias, and a target that it passes nothing on to for now. */
export interface PausedForward {
  readonly address: string
  readonly target: string
}

/** Why a forward was not set. `too-many`: more than ten targets. */
export type ForwardRefusal =
  | { readonly reason: 'not-found' | 'no-targets' | 'too-many' }
  | { readonly reason: 'malformed-target' | 'self'; readonly target: string }

/** What accounts and aliases pass on. */
export interface Forwards {
  /** Lets an account's mail go on; what was set before is replaced. */
  set(
    account: string,
    forward: { readonly targets: readonly string[]; readonly keepsCopy: boolean },
    by: Actor,
  ): Promise<{ readonly ok: true } | ({ readonly ok: false } & ForwardRefusal)>
  /** Of an account, or of an alias; undefined where neither passes anything on. */
  show(address: string): Promise<Forward | undefined>
  clear(account: string, by: Actor): Promise<'done' | 'not-found'>
  /** Forgets the refusals of targets, all or one, so that mail goes to them again; the targets, none where nothing was found. */
  resume(address: string, target: string | undefined, by: Actor): Promise<readonly string[]>
  /** Targets that have refused so much that they are paused, a thousand at most. */
  paused(): Promise<readonly PausedForward[]>
  /**
   * The sender that mail goes on under, at this domain of ours (SRS); the null sender stays. At most 64 octets of local part.
   * Throws StoreUnavailable.
   */
  rewriteSender(sender: string, domain: string): Promise<string>
}
