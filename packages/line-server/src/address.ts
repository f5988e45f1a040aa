import { BlockList, isIP } from 'node:net'

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8, 'ipv4')
loopback.addAddress('::1', 'ipv6')

/** An address as people write it: IPv4-mapped IPv6 (RFC 4291 §2.5.5.2) as IPv4, no zone index. */
export function plainAddress(address: string | undefined): string {
  if (address === undefined) return ''
  const bare = address.split('%', 1)[0] ?? ''
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(bare)
  return mapped?.[1] ?? bare
}

/** Whether an address is 127.0.0.0/8 or ::1, also in its IPv4-mapped form. */
export function isLoopbackAddress(address: string | undefined): boolean {
  const plain = plainAddress(address)
  const version = isIP(plain)
  return version !== 0 && loopback.check(plain, version === 4 ? 'ipv4' : 'ipv6')
}

/** What connection limits count by: the address, for IPv6 its /64 (one customer's network). */
export function addressGroup(address: string): string {
  const plain = plainAddress(address)
  if (isIP(plain) !== 6) return plain
  return expand(plain).slice(0, 4).join(':')
}

function expand(address: string): string[] {
  const [head = '', tail] = address.toLowerCase().split('::', 2)
  const left = groups(head)
  if (tail === undefined) return left
  const right = groups(tail)
  const zeros = Array.from({ length: Math.max(0, 8 - left.length - right.length) }, () => '0')
  return [...left, ...zeros, ...right]
}

function groups(part: string): string[] {
  return part === '' ? [] : part.split(':').map((group) => group.replace(/^0+(?=.)/, ''))
}
