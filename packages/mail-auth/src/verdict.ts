/** Results of SPF (RFC 7208 §2.6). */
export type SpfResult =
  | 'none'
  | 'neutral'
  | 'pass'
  | 'fail'
  | 'softfail'
  | 'temperror'
  | 'permerror'

/** Results of DKIM for one signature (RFC 8601 §2.7.1). `policy`: it verifies, and our own rules do not count it. */
export type DkimResult = 'none' | 'pass' | 'fail' | 'policy' | 'neutral' | 'temperror' | 'permerror'

/** Results of DMARC (RFC 9989 §5.4, RFC 8601 §2.7.2). */
export type DmarcResult = 'none' | 'pass' | 'fail' | 'temperror' | 'permerror'

/** Results of an ARC chain (RFC 8617 §4.4). */
export type ArcResult = 'none' | 'pass' | 'fail'

/** What SPF said of one identity. */
export interface SpfVerdict {
  readonly result: SpfResult
  readonly identity: 'mailfrom' | 'helo'
  /** The domain that was asked, an A-label; empty where there was none to ask. */
  readonly domain: string
  /** The mechanism that matched, as written in the record; absent where none did. */
  readonly mechanism?: string
  /** The domain's own words (`exp=`), on fail only. Foreign text. */
  readonly explanation?: string
  /** In words, for people here. */
  readonly because: string
}

/** What DKIM said of one signature, in their order from the top. */
export interface DkimVerdict {
  readonly result: DkimResult
  /** `d=`, lower case; empty where it cannot be read. */
  readonly domain: string
  /** `s=` */
  readonly selector: string
  /** `i=`, or `@d`. */
  readonly identity: string
  /** `rsa-sha256`, `ed25519-sha256`, or what it calls itself. */
  readonly algorithm: string
  readonly keyBits?: number
  /** The first characters of `b=` (RFC 6008), by which two signatures of one domain are told apart. */
  readonly signature: string
  /** The key's `t=y`: a domain that tries DKIM out (RFC 6376 §3.6.1). */
  readonly isTesting: boolean
  /** Octets of the body that `l=` leaves out; 0: all of it is signed. */
  readonly unsignedOctets: number
  readonly because: string
}

/** What DMARC said (RFC 9989). */
export interface DmarcVerdict {
  readonly result: DmarcResult
  /** Domain of the only From address; empty where From is missing or says more than one thing. */
  readonly domain: string
  /** Where the policy record was found. */
  readonly policyDomain?: string
  /** The organisational domain that the tree walk found. */
  readonly organizationalDomain?: string
  /** What the owner asks for in mail that fails: `p`, `sp` or `np`, softened by `t=y`. */
  readonly policy: 'none' | 'quarantine' | 'reject'
  readonly isTesting: boolean
  /** Domains that passed and are aligned. */
  readonly aligned: readonly string[]
  readonly because: string
}

/** What ARC said (RFC 8617 §5.2). */
export interface ArcVerdict {
  readonly result: ArcResult
  /** The `d=` of each ARC-Seal, i=1 first. */
  readonly sealers: readonly string[]
  /** The chain passes and its last sealer is one that the operator trusts. */
  readonly isTrusted: boolean
  /**
   * It fails because DNS did not answer. RFC 8617 §5.2.1 calls that a failure for good; who would refuse mail over it, which a
   * trusted chain could have saved, defers instead.
   */
  readonly isTemporary?: boolean
  /** What the first trusted sealer saw, from its ARC-Authentication-Results; only where trusted. */
  readonly sealed?: {
    readonly sealer: string
    readonly dmarc?: DmarcResult
    readonly spf?: SpfResult
    readonly dkim: readonly { readonly result: DkimResult; readonly domain: string }[]
  }
  readonly because: string
}

/** Whether the client's address has a name that leads back to it (RFC 8601 §2.7.3). */
export interface ReverseVerdict {
  readonly result: 'pass' | 'fail' | 'permerror' | 'temperror'
  /** The name that leads back; else the first that was found. */
  readonly name?: string
  readonly because: string
}

/** One question that was asked on the way to a verdict, and its answer: enough to decide again without DNS. */
export interface Evidence {
  readonly name: string
  readonly type: 'A' | 'AAAA' | 'MX' | 'TXT' | 'PTR' | 'CNAME'
  readonly kind: 'records' | 'nodata' | 'nxdomain' | 'temporary'
  /** In zone-file form. */
  readonly records: readonly string[]
  readonly ttlSeconds?: number
  /** The validating resolver vouches for it (AD). */
  readonly isSecure: boolean
}

/** What was asked: all that a verdict depends on besides the message and DNS. */
export interface AuthenticationInput {
  /** The client's address. */
  readonly address: string
  /** What the client called itself. */
  readonly helo: string
  /** MAIL FROM; empty for the null sender. */
  readonly mailFrom: string
  /** When; signatures expire by it. */
  readonly at: Date
}

/** Everything that is known of who sent a message. */
export interface AuthenticationVerdict {
  readonly input: AuthenticationInput
  readonly spf: {
    readonly helo: SpfVerdict
    readonly mailFrom: SpfVerdict
  }
  readonly dkim: readonly DkimVerdict[]
  readonly dmarc: DmarcVerdict
  readonly arc: ArcVerdict
  readonly reverse: ReverseVerdict
  /**
   * Domains that vouch for the message, most telling first: those aligned with From, then other DKIM domains, then the one
   * that SPF passed for. What may be allowed, blocked and remembered is a domain out of this list, never a bare From.
   */
  readonly authenticated: readonly string[]
  readonly evidence: readonly Evidence[]
}
