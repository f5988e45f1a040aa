import { BlockList, isIPv4 } from 'node:net'
import { embeddedIPv4, ipv6Groups } from './routes/ipv6-groups.ts'

/**
 * Whether an address is no place in the public internet (the registries of RFC 6890): an MX that points there is a mistake,
 * or an attempt to make us talk to our own network. IPv6 addresses that carry an IPv4 address (mapped, NAT64, 6to4) are what
 * that one is. What is no address at all is special.
 */
export function isSpecialAddress(address: string): boolean {
  if (isIPv4(address)) return special.check(address, 'ipv4')
  const groups = ipv6Groups(address)
  if (groups === undefined) return true
  const embedded = embeddedIPv4(groups)
  if (embedded !== undefined) return isSpecialAddress(embedded)
  // All that IANA has given to the public internet is in 2000::/3 (RFC 4291 §2.4, RFC 3587).
  const isGlobal = ((groups[0] ?? 0) & 0xe000) === 0x2000
  return !isGlobal || special.check(groups.map((group) => group.toString(16)).join(':'), 'ipv6')
}

const special = new BlockList()
for (const [network, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const) {
  special.addSubnet(network, bits, 'ipv4')
}
for (const [network, bits] of [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['3fff::', 20],
] as const) {
  special.addSubnet(network, bits, 'ipv6')
}
