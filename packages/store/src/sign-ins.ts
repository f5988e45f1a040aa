import type { LoginContext, LoginObstacle } from './accounts.ts'
import type { AccountId } from './ids.ts'

/** What became of an attempt: it worked, or what was in its way. */
export type SignInResult = 'ok' | LoginObstacle

/** Attempts to sign in to an account that were alike: successes of a day (UTC), failures of an hour. */
export interface SignInRecord {
  readonly protocol: LoginContext['protocol']
  /** An address; of IPv6 the /64; `0.0.0.0/0` stands for many that came at once. */
  readonly client: string
  readonly result: SignInResult
  /** The app password that was used; undefined: the account's own. A revoked one has no name. */
  readonly appPassword: { readonly id: string; readonly name: string | undefined } | undefined
  readonly times: number
  readonly firstAt: Date
  readonly lastAt: Date
}

/** Which records are wanted. */
export interface SignInFilter {
  readonly onlyFailed?: boolean
  readonly since?: Date
  /** 200 when absent. */
  readonly limit?: number
}

/** Who signed in to accounts, and who did not get in: kept for 30 days. */
export interface SignIns {
  /** Newest first. */
  list(account: AccountId, filter?: SignInFilter): Promise<readonly SignInRecord[]>
}
