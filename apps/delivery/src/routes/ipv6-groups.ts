import { isIPv4, isIPv6, SocketAddress } from 'node:net'

/** The eight groups of an IPv6 address; undefined for what is none. A zone is ignored. */
export function ipv6Groups(address: string): readonly number[] | undefined {
  if (!isIPv6(address)) return undefined
  const bare = withHexTail(address.split('%', 1)[0] ?? '')
  const [head = '', tail] = bare.split('::', 2)
  const left = groupsOf(head)
  const right = groupsOf(tail ?? '')
  const zeros = tail === undefined ? 0 : 8 - left.length - right.length
  return [...left, ...Array.from({ length: zeros }, () => 0), ...right]
}

/**
 * The IPv4 address that an IPv6 address leads to: mapped (RFC 4291 §2.5.5.2), translated (RFC 7915), NAT64 (RFC 6052 §2.1),
 * 6to4 (RFC 3056 §2). Undefined where there is none.
 */
export function embeddedIPv4(groups: readonly number[]): string | undefined {
  const start = starts.find((each) => each.groups.every((group, at) => groups[at] === group))
  if (start === undefined) return undefined
  const high = groups[start.at] ?? 0
  const low = groups[start.at + 1] ?? 0
  return [high >> 8, high & 0xff, low >> 8, low & 0xff].join('.')
}

/** One spelling for one place: canonical IPv6, and IPv4 where an IPv6 address only carries it. */
export function plainSpelling(address: string): string {
  const groups = ipv6Groups(address)
  if (groups === undefined) return address
  const embedded = embeddedIPv4(groups)
  if (embedded !== undefined) return embedded
  return new SocketAddress({ address: address.split('%', 1)[0] ?? '', family: 'ipv6' }).address
}

const starts = [
  { groups: [0, 0, 0, 0, 0, 0xffff], at: 6 },
  { groups: [0, 0, 0, 0, 0xffff, 0], at: 6 },
  { groups: [0x64, 0xff9b, 0, 0, 0, 0], at: 6 },
  { groups: [0x2002], at: 1 },
] as const

function groupsOf(text: string): number[] {
  return text === '' ? [] : text.split(':').map((group) => parseInt(group, 16))
}

/** `::ffff:192.0.2.1` as `::ffff:c000:201`. */
function withHexTail(address: string): string {
  const at = address.lastIndexOf(':')
  const last = address.slice(at + 1)
  if (!isIPv4(last)) return address
  const [a = 0, b = 0, c = 0, d = 0] = last.split('.').map(Number)
  return `${address.slice(0, at + 1)}${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`
}
