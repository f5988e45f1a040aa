import type { AccountId } from './ids.ts'

/** How a POP3 session may begin, from its account's settings. */
export interface Pop3SessionRules {
  /** No other exclusive session of the account may be there. */
  readonly isExclusive: boolean
  /** Since the sign-in before this one. */
  readonly delaySeconds: number
}

/** An exclusive session. */
export interface Pop3Holding {
  readonly account: AccountId
  /** A uuid of the caller's. */
  readonly session: string
}

/** Whether it may. */
export type Pop3Beginning =
  | { readonly kind: 'begun' }
  | { readonly kind: 'in-use' }
  | { readonly kind: 'too-soon'; readonly retrySeconds: number }

/**
 * POP3 sessions that exclude others, or must not come too often, known to all processes. An exclusive session holds the
 * maildrop for a minute, and on and on as long as its process renews it: one that dies leaves it free a minute later.
 */
export interface Pop3Sessions {
  begin(holding: Pop3Holding, rules: Pop3SessionRules): Promise<Pop3Beginning>
  /** Holds on to these maildrops. Gives the sessions that still have theirs. */
  renew(holdings: readonly Pop3Holding[]): Promise<ReadonlySet<string>>
  /** Lets go of the maildrop. */
  end(holding: Pop3Holding): Promise<void>
}
