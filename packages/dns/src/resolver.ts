/**
 * What came of one question. `nodata`: the name exists, without such records (RFC 2308 §2.2).
 *
 * `ttlSeconds` is how long it may be kept, within our bounds; for `nxdomain` and `nodata` it comes out of the zone's SOA
 * (RFC 2308 §5). `isSecure`: a resolver that validates DNSSEC, and that nobody can impersonate to us, vouches for it (the AD
 * bit, RFC 4035 §3.2.3); also for the names and records that are not there.
 */
export type Answer<T> =
  | ({ readonly kind: 'records'; readonly records: readonly T[] } & Standing)
  | ({ readonly kind: 'nxdomain' } & Standing)
  | ({ readonly kind: 'nodata' } & Standing)
  /** Time-out, SERVFAIL, REFUSED, no server: ask again later. `because` is for the log. */
  | { readonly kind: 'temporary'; readonly because: string }

/** How long an answer holds, and whether DNSSEC vouches for it. */
export interface Standing {
  readonly ttlSeconds: number
  readonly isSecure: boolean
}

/** One MX record; an exchange of `.` is a null MX (RFC 7505) and is passed on as the empty name. */
export interface MxRecord {
  readonly exchange: string
  readonly preference: number
}

/** One SRV record (RFC 2782); a target of `.` means that the service is not offered, and is the empty name. */
export interface SrvRecord {
  readonly priority: number
  readonly weight: number
  readonly port: number
  readonly target: string
}

/** One TLSA record (RFC 6698 §2.1). */
export interface TlsaRecord {
  readonly usage: number
  readonly selector: number
  readonly matchingType: number
  readonly data: Buffer
}

/**
 * Whether the servers that are asked validate DNSSEC and can be believed. While this is not `validating`, no answer is secure.
 */
export interface DnssecStatus {
  readonly state: 'validating' | 'not-validating' | 'unknown'
  /** Why, in words for an operator. */
  readonly text: string
}

/**
 * DNS questions whose outcomes are values. Names are A-labels, with or without a final dot.
 * Nothing rejects.
 */
export interface Resolver {
  mx(name: string): Promise<Answer<MxRecord>>
  a(name: string): Promise<Answer<string>>
  aaaa(name: string): Promise<Answer<string>>
  /** Each record's strings joined (RFC 7208 §3.3), as UTF-8. */
  txt(name: string): Promise<Answer<string>>
  cname(name: string): Promise<Answer<string>>
  /** Names of an address (in-addr.arpa, ip6.arpa). */
  ptr(address: string): Promise<Answer<string>>
  tlsa(name: string): Promise<Answer<TlsaRecord>>
  srv(name: string): Promise<Answer<SrvRecord>>
  /** What is known of DNSSEC at the moment. */
  dnssec(): DnssecStatus
  /** Addresses of the servers that are asked at the moment; absent: nobody is. */
  servers?(): readonly string[]
}
