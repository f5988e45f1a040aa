import type { AccountId } from './ids.ts'

/** An account that a message goes to. */
export interface LocalDestination {
  readonly account: AccountId
  /** The account's own address, for Delivered-To. */
  readonly address: string
  /** What followed `+` in the address asked for, `''` if nothing did. */
  readonly detail: string
}

/**
 * Where an address leads.
 *
 * - `local`: one account. `alias`: every enabled account and remote address that it leads to, each once; at least one.
 * - `unknown`: hosted domain, no such address (550 5.1.1). `disabled`: it leads to disabled accounts only (550 5.2.1).
 * - `foreign`: not a hosted domain (550 5.7.1 on the MX). `loop`: the aliases lead to each other only (554 5.4.6), or to
 *   more than 1,000 addresses.
 */
export type Resolution =
  | { readonly kind: 'local'; readonly account: LocalDestination }
  | {
      readonly kind: 'alias'
      readonly accounts: readonly LocalDestination[]
      /** `local@domain`, the domain as A-label: to be forwarded. */
      readonly remote: readonly string[]
    }
  | { readonly kind: 'unknown' | 'disabled' | 'foreign' | 'loop' }
