import type { Actor } from './audit.ts'

/** What an operator decided about a network: nobody signs in from it, or its failures are not counted. */
export interface NetworkRule {
  /** `192.0.2.1`, `2001:db8::/32`. */
  readonly network: string
  readonly rule: 'ban' | 'trust'
  /** When it ends; undefined: when it is removed. */
  readonly until: Date | undefined
  readonly madeAt: Date
}

/** Failures that are remembered. */
export interface LoginFailureCount {
  /** A client (an address, an IPv6 /64), or a whole network (/24, /64). */
  readonly network: string
  /** The login that was tried, whether it exists or not; undefined: all from this network. `-`: no address. */
  readonly login: string | undefined
  /** Their number, halving with time. */
  readonly failures: number
  /** From here on attempts are held up. */
  readonly limit: number
  /** Seconds until attempts are taken again; 0: they are. */
  readonly heldSeconds: number
  readonly lastAt: Date
}

/** All that is known about an address, and what follows. */
export interface NetworkReport {
  readonly address: string
  /** The narrowest rule that holds, which is the one that counts. */
  readonly rule: NetworkRule | undefined
  /** Of the address and of its network, most first; at most 100. */
  readonly failures: readonly LoginFailureCount[]
  /** Accounts whose owner has signed in from here: they are never locked out. At most 100. */
  readonly knownAccounts: readonly string[]
  /** `open`: anybody may try. `held`: some logins, or newcomers, must wait. */
  readonly verdict: 'banned' | 'trusted' | 'held' | 'open'
}

/** Who may try to sign in, and from where. Changes count at once, in every process. */
export interface NetworkRules {
  /** Rules that hold, widest networks first by address. */
  list(): Promise<readonly NetworkRule[]>
  /** Clients and networks whose attempts are held up now, most failures first; at most 100. */
  held(): Promise<readonly LoginFailureCount[]>
  /** Why an address is, or is not, let in; undefined: no address. */
  why(address: string): Promise<NetworkReport | undefined>
  /** Bans or trusts an address or a network (`ADDRESS/BITS`); takes the place of the rule it has. Undefined: no network. */
  set(
    network: string,
    rule: 'ban' | 'trust',
    options: { readonly forSeconds?: number },
    by: Actor,
  ): Promise<NetworkRule | undefined>
  /** Forgets a network's rule, and the failures from inside it. `not-found`: there was neither. */
  remove(network: string, by: Actor): Promise<'done' | 'not-found' | 'malformed'>
}
