import { isIPv4 } from 'node:net'

/** A name as a cache key: lower case, no final dot. */
export function plainName(name: string): string {
  const lower = name.toLowerCase()
  return lower.endsWith('.') ? lower.slice(0, -1) : lower
}

/**
 * The name that an address's PTR records are at: `in-addr.arpa` (RFC 1035 §3.5) or `ip6.arpa`
 * (RFC 3596 §2.5).
 */
export function reverseName(address: string): string {
  if (isIPv4(address)) return `${address.split('.').toReversed().join('.')}.in-addr.arpa`
  const digits = Array.from(hexDigits(address)).toReversed()
  return `${digits.join('.')}.ip6.arpa`
}

/** The 32 hexadecimal digits of an IPv6 address. */
function hexDigits(address: string): string {
  const bare = (address.split('%', 1)[0] ?? '').toLowerCase()
  const [head = '', tail] = withHexTail(bare).split('::', 2)
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = Array.from({ length: Math.max(0, 8 - left.length - right.length) }, () => '0')
  return [...left, ...zeros, ...right].map((group) => group.padStart(4, '0')).join('')
}

function withHexTail(address: string): string {
  const at = address.lastIndexOf(':')
  const last = address.slice(at + 1)
  if (!isIPv4(last)) return address
  const [a = 0, b = 0, c = 0, d = 0] = last.split('.').map(Number)
  return `${address.slice(0, at + 1)}${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`
}

/**
 * Whether a plain name can be asked for: labels of 1 to 63 octets, 255 in all on the wire (RFC 1035 §2.3.4), printable ASCII.
 * The root, the empty name, can.
 */
export function isAskable(name: string): boolean {
  return (
    name === '' || (name.length <= 253 && /^[!-~]+$/.test(name) && name.split('.').every(isLabel))
  )
}

function isLabel(label: string): boolean {
  return label.length > 0 && label.length <= 63
}
