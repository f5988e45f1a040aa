import type { AccountId } from './ids.ts'

/** An account that a message goes to. */
export interface LocalDestination {
  readonly account: AccountId
  /** The account's own address, for Delivered-To. */
  readonly address: string
  /** What followed `+` in the address asked for, `''` if nothing did. */
  readonly detail: string
  /** Its mail goes on to other addresses and does not stay: it gets a copy only of what is not passed on. */
  readonly isBypassed?: true
}

/** A foreign address that an alias or an account passes mail on to. */
export interface RemoteTarget {
  /** `local@domain`, the domain as A-label. */
  readonly address: string
  /** The domain of whoever passes it on: the sender is rewritten under it. */
  readonly domain: string
  /** The account that passes it on; absent: an alias. */
  readonly account?: AccountId
  /** `FORWARDER>TARGET`, by which its health is kept (`QueueRecipientRequest.path`). */
  readonly path: string
  /** It has refused so much that nothing is passed on to it for now. */
  readonly isPaused: boolean
}

/** What lies behind an address: each account and each foreign address once; at least one. */
export interface Reached {
  readonly accounts: readonly LocalDestination[]
  readonly remote: readonly RemoteTarget[]
}

/**
 * Where an address leads.
 *
 * - `local`: one account; `forward`: where its mail goes on to, too, or instead (`account.isBypassed`). `alias`: every enabled
 *   account and remote address that it leads to; `isCatchAll` (also where that leads to nobody who takes mail): nobody has the
 *   address, and its domain says who gets such mail.
 * - `returned`: a sender that we rewrote (SRS), which reports are for: back to `address`.
 * - `unknown`: hosted domain, no such address (550 5.1.1); `wasOurs`: a sender that we rewrote, too long ago. `disabled`: it leads to disabled accounts or domains only (550 5.2.1); `isWholeDomain`: its domain is one of them.
 * - `foreign`: not a hosted domain (550 5.7.1 on the MX). `loop`: the aliases lead to each other only (554 5.4.6), or to
 *   more than 1,000 addresses.
 */
export type Resolution =
  | { readonly kind: 'local'; readonly account: LocalDestination; readonly forward?: Reached }
  | ({ readonly kind: 'alias'; readonly isCatchAll?: true } & Reached)
  | ({ readonly kind: 'returned'; readonly address: string } & Reached)
  | { readonly kind: 'unknown'; readonly wasOurs?: true }
  | { readonly kind: 'disabled'; readonly isWholeDomain?: true; readonly isCatchAll?: true }
  | { readonly kind: 'loop'; readonly isCatchAll?: true }
  | { readonly kind: 'foreign' }
