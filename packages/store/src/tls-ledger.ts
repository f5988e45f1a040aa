/** Whose word a connection's protection was chosen by (docs/flow.md). */
export type TlsPolicyName = 'none' | 'opportunistic' | 'dane' | 'sts' | 'relay'

/** What the connections to one host of a domain came to, counted since the last note. */
export interface TlsNote {
  readonly domain: string
  readonly mxHost: string
  readonly policy: TlsPolicyName
  /** The host has proved who it is. */
  readonly isVerified: boolean
  /** What protected the newest connection that had TLS. */
  readonly tls?: { readonly protocol: string; readonly cipher: string }
  /** One had no TLS, and was used. */
  readonly wasClear: boolean
  /** Failures since the last connection that was used, and the newest in words. */
  readonly failures: number
  readonly failure?: string
}

/** A row of the ledger: one host of one domain. */
export interface TlsPeer {
  readonly domain: string
  readonly mxHost: string
  readonly policy: TlsPolicyName
  readonly isVerified: boolean
  /** Policy and proof have been the same since. */
  readonly sinceAt: Date
  readonly seenAt: Date
  readonly firstTlsAt?: Date
  readonly lastTlsAt?: Date
  /** On how many days (UTC) TLS stood. */
  readonly tlsDays: number
  /** Seconds since TLS last stood, by the database's clock. */
  readonly tlsAgeSeconds?: number
  readonly protocol?: string
  readonly cipher?: string
  readonly lastFailureAt?: Date
  readonly failure?: string
  /** In a row. */
  readonly failures: number
  readonly lastClearAt?: Date
}

/** A domain's MTA-STS policy as it is kept (RFC 8461 §3.2). */
export interface KeptStsPolicy {
  readonly domain: string
  /** `id` of the TXT record that it was fetched for. */
  readonly policyId: string
  readonly mode: 'enforce' | 'testing' | 'none'
  readonly mx: readonly string[]
  /** As it was published. */
  readonly lines: readonly string[]
  readonly maxAgeSeconds: number
  /** Seconds that it is good for, by the database's clock; never more than `maxAgeSeconds`. */
  readonly remainingSeconds: number
  readonly fetchedAt: Date
  readonly expiresAt: Date
  /** Why fetching it anew last failed. */
  readonly failure?: string
}

/** How many sessions came to the same under one policy (RFC 8460 §4). */
export interface TlsCount {
  /** UTC, `2026-11-28`. */
  readonly day: string
  readonly policyType: 'tlsa' | 'sts' | 'no-policy-found'
  readonly domain: string
  /** The policy's text: the TLSA records, or the lines of the MTA-STS policy. */
  readonly lines: readonly string[]
  /** `mx` of the MTA-STS policy. */
  readonly mx: readonly string[]
  /** `success`, or the type of the failure (RFC 8460 §4.3). */
  readonly result: string
  /** Empty for successes, as the next three. */
  readonly mxHost: string
  readonly mxAddress: string
  readonly ownAddress: string
  /** More about the failure, in words. */
  readonly reason: string
  readonly sessions: number
}

/** What is known of other domains' TLS, for all workers. */
export interface TlsLedger {
  /** The hosts of a domain that were connected to. */
  peers(domain: string): Promise<readonly TlsPeer[]>
  /** The same, and what is known of one host from other domains (the newest hundred of them). */
  known(domain: string, mxHost: string): Promise<readonly TlsPeer[]>
  /** The newest rows of all domains. */
  recent(limit: number): Promise<readonly TlsPeer[]>
  /** One note for each host of a domain. */
  note(notes: readonly TlsNote[]): Promise<void>
  /** Forgets what is known of a domain, its MTA-STS policy too; gives the number of rows. */
  forget(domain: string): Promise<number>
  /** Absent: none is kept, or it has expired. */
  stsPolicy(domain: string): Promise<KeptStsPolicy | undefined>
  /** Keeps a policy for `maxAgeSeconds` from now. */
  keepStsPolicy(
    policy: Pick<KeptStsPolicy, 'domain' | 'policyId' | 'mode' | 'mx' | 'lines' | 'maxAgeSeconds'>,
  ): Promise<KeptStsPolicy>
  /** Fetching it anew failed: the old one stays. */
  noteStsFailure(domain: string, failure: string): Promise<void>
  /**
   * Takes domains whose policy has used up three quarters of its time, and was not tried in the last hour; who takes one
   * fetches it, others do not get it meanwhile.
   */
  takeStsDue(limit: number): Promise<readonly string[]>
  /** Adds to the counts of a day. */
  count(counts: readonly TlsCount[]): Promise<void>
  /** The counts of a day, by policy. */
  counts(day: string): Promise<readonly TlsCount[]>
}
