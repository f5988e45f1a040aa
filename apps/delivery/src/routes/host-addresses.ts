import { isIPv4, isIPv6 } from 'node:net'
import type { Answer, Resolver } from '@posthouse/dns'

/** An address of a host. */
export interface HostAddress {
  readonly address: string
  /** DNSSEC vouches for the look-up, CNAMEs on the way included. */
  readonly isSecure: boolean
}

/** Addresses of a host, and why there may be others. */
export interface HostAddresses {
  readonly addresses: readonly HostAddress[]
  readonly doubt?: string
}

/** Addresses of one family of one host that are looked at: others would only take room from the next host. */
const MAX_ADDRESSES = 4

/** A and AAAA of a host; a CNAME, which RFC 5321 §5.1 forbids here, is followed all the same. */
export async function addressesOf(host: string, resolver: Resolver): Promise<HostAddresses> {
  // QUIRK: an MX that is an address, which RFC 5321 §5.1 forbids, is met now and then.
  if (isIPv4(host) || isIPv6(host)) return { addresses: [{ address: host, isSecure: false }] }
  const [four, six] = await Promise.all([resolver.a(host), resolver.aaaa(host)])
  const addresses = [...readAll(four), ...readAll(six)]
  const failed = [four, six].find((answer) => answer.kind === 'temporary')
  if (failed === undefined || addresses.length > 0) return { addresses }
  return { addresses, doubt: `address of ${host}: ${failed.because}` }
}

function readAll(answer: Answer<string>): readonly HostAddress[] {
  if (answer.kind !== 'records') return []
  const { records, isSecure } = answer
  return records.slice(0, MAX_ADDRESSES).map((address) => ({ address, isSecure }))
}
