import { isIPv6 } from 'node:net'
import { reverseName, type Resolver } from '@posthouse/dns'

/** Lists of senders of spam that most receivers ask, with where one asks to be taken off. */
export const senderLists = [
  { zone: 'zen.spamhaus.org', page: 'https://check.spamhaus.org/' },
  { zone: 'bl.spamcop.net', page: 'https://www.spamcop.net/bl.shtml' },
] as const

/** What a list says of an address: its codes where it stands there; or why it says nothing. */
export type Listing =
  | { readonly kind: 'listed'; readonly codes: readonly string[] }
  | { readonly kind: 'clear' }
  | { readonly kind: 'unknown'; readonly because: string }

/** Asks a list for an address (RFC 5782 §2.1, §2.4). */
export async function askList(resolver: Resolver, address: string, zone: string): Promise<Listing> {
  const tree = isIPv6(address) ? /\.ip6\.arpa$/ : /\.in-addr\.arpa$/
  const name = reverseName(address).replace(tree, '')
  const answer = await resolver.a(`${name}.${zone}`)
  if (answer.kind === 'temporary') return { kind: 'unknown', because: `${zone} does not answer` }
  const codes = answer.kind === 'records' ? answer.records : []
  // 127.255.255.0/24 says that the question was not allowed, anything outside 127/8 is no answer of a list.
  if (codes.some((code) => code.startsWith('127.255.255.') || !code.startsWith('127.'))) {
    return { kind: 'unknown', because: `${zone} does not answer through this resolver` }
  }
  return codes.length === 0 ? { kind: 'clear' } : { kind: 'listed', codes }
}
