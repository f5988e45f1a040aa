/** What came of one question. `nodata`: the name exists, without such records (RFC 2308 §2.2). */
export type Answer<T> =
  | { readonly kind: 'records'; readonly records: readonly T[]; readonly ttlSeconds: number }
  | { readonly kind: 'nxdomain' }
  | { readonly kind: 'nodata' }
  /** Time-out, SERVFAIL, REFUSED, no server: ask again later. `because` is for the log. */
  | { readonly kind: 'temporary'; readonly because: string }

/** One MX record; an exchange of `.` is a null MX (RFC 7505) and is passed on as the empty name. */
export interface MxRecord {
  readonly exchange: string
  readonly preference: number
}

/**
 * DNS questions whose outcomes are values. Names are A-labels, with or without a final dot.
 * Nothing rejects.
 */
export interface Resolver {
  mx(name: string): Promise<Answer<MxRecord>>
  a(name: string): Promise<Answer<string>>
  aaaa(name: string): Promise<Answer<string>>
  /** Each record's strings joined (RFC 7208 §3.3). */
  txt(name: string): Promise<Answer<string>>
  cname(name: string): Promise<Answer<string>>
  /** Names of an address (in-addr.arpa, ip6.arpa). */
  ptr(address: string): Promise<Answer<string>>
}
