import type { AccountId } from './ids.ts'

/** How much of something an account has, and may have. */
export interface QuotaFigure {
  readonly used: number
  /** Undefined: as much as there is room for. */
  readonly limit: number | undefined
}

/** Usage and limits of an account. What was expunged does not count, also while it can be undeleted. */
export interface Quota {
  /** Sum of RFC822.SIZE over all mailboxes: a message that stands in two counts twice. */
  readonly bytes: QuotaFigure
  readonly messages: QuotaFigure
}

/** Limits to set; undefined takes one away. */
export interface QuotaLimits {
  readonly bytes?: number | undefined
  readonly messages?: number | undefined
}

/** Limits of accounts and domains. They are checked at RCPT, APPEND and COPY; what was accepted at RCPT is delivered in any case. */
export interface Quotas {
  show(account: AccountId): Promise<Quota>
  /** A first limit is known to other processes within half a minute; when they look a recipient up, at once. */
  set(account: AccountId, limits: QuotaLimits): Promise<void>
  /** Of all accounts of a domain together, as of half a minute ago; undefined: not a domain of ours. */
  showDomain(domain: string): Promise<Quota | undefined>
  /** False: not a domain of ours. */
  setDomain(domain: string, limits: QuotaLimits): Promise<boolean>
  /** Those of the accounts that have reached a limit, their own or their domain's: no further message is to be accepted for them. */
  full(accounts: readonly AccountId[]): Promise<ReadonlySet<AccountId>>
}
