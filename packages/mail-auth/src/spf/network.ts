import { isIPv4, isIPv6 } from 'node:net'

/**
 * The octets of an address, 4 or 16; undefined for what is none. An IPv4 address mapped into IPv6 is IPv4 (RFC 7208 §5).
 */
export function addressOctets(text: string): Uint8Array | undefined {
  if (isIPv4(text)) return Uint8Array.from(text.split('.').map(Number))
  const bare = text.split('%', 1)[0] ?? ''
  if (!isIPv6(bare)) return undefined
  const octets = ipv6Octets(bare)
  const isMapped = octets.subarray(0, 10).every((octet) => octet === 0)
  return isMapped && octets[10] === 255 && octets[11] === 255 ? octets.slice(12) : octets
}

/** An IPv6 address by the letter, mapped ones too: `ip6:::ffff:192.0.2.1` is a network of 16 octets. */
export function ipv6Octets(text: string): Uint8Array {
  const at = text.lastIndexOf(':')
  const tail = text.slice(at + 1)
  const groups = isIPv4(tail) ? `${text.slice(0, at + 1)}${hexPairs(tail)}` : text
  const [head = '', rest] = groups.split('::', 2)
  const left = numbers(head)
  const right = numbers(rest ?? '')
  const gap = Array.from({ length: Math.max(0, 8 - left.length - right.length) }, () => 0)
  return Uint8Array.from([...left, ...gap, ...right].flatMap((group) => [group >> 8, group & 255]))
}

/** True where the first `bits` bits are the same; addresses of two families never match. */
export function isInNetwork(address: Uint8Array, network: Uint8Array, bits: number): boolean {
  if (address.length !== network.length) return false
  for (let i = 0; i < address.length && i * 8 < bits; i += 1) {
    const mask = bits - i * 8 >= 8 ? 255 : (255 << (8 - (bits - i * 8))) & 255
    if (((address[i] ?? 0) & mask) !== ((network[i] ?? 0) & mask)) return false
  }
  return true
}

/** True for two spellings of one address. */
export function isSameAddress(one: string, other: string): boolean {
  const [a, b] = [addressOctets(one), addressOctets(other)]
  return a !== undefined && b !== undefined && Buffer.compare(a, b) === 0
}

/** An address mapped into IPv6 as what it is, any other as it stands (RFC 7208 §5). */
export function unmappedAddress(text: string): string {
  const octets = addressOctets(text)
  return octets?.length === 4 ? octets.join('.') : text
}

function numbers(groups: string): number[] {
  return groups === '' ? [] : groups.split(':').map((group) => Number.parseInt(group, 16))
}

function hexPairs(address: string): string {
  const [a = 0, b = 0, c = 0, d = 0] = address.split('.').map(Number)
  return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`
}
