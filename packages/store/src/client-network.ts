import { isIP } from 'node:net'

/** Where a client comes from, as failures and rules are kept. Texts that Postgres reads as `cidr`. */
export interface ClientNetwork {
  /** The address itself. */
  readonly address: string
  /** What one device has: an IPv4 address, or an IPv6 /64, inside which devices change their address daily (RFC 8981). */
  readonly client: string
  /** What one customer or office has: a /24 of IPv4, a /64 of IPv6. */
  readonly network: string
}

/** What stands for a peer that has no address. */
const nowhere: ClientNetwork = {
  address: '0.0.0.0',
  client: '0.0.0.0/32',
  network: '0.0.0.0/24',
}

interface Address {
  readonly bits: 32 | 128
  readonly value: bigint
}

/** The networks of a peer's address; IPv4-mapped IPv6 (RFC 4291 §2.5.5.2) is IPv4. */
export function clientNetwork(text: string): ClientNetwork {
  const address = parseAddress(text)
  if (address === undefined) return nowhere
  const [client, network] = address.bits === 32 ? [32, 24] : [64, 64]
  return {
    address: format(address),
    client: formatNetwork(address, client),
    network: formatNetwork(address, network),
  }
}

/** Reads `ADDRESS` or `ADDRESS/BITS` and clears the bits beyond the prefix; undefined for anything else. */
export function parseNetwork(text: string): string | undefined {
  const [head = '', tail, ...more] = text.trim().split('/')
  const address = parseAddress(head)
  if (address === undefined || more.length > 0) return undefined
  if (tail === undefined) return formatNetwork(address, address.bits)
  // A mapped network counts its bits from the start of the 128.
  const shift = isIP(head) === 6 && address.bits === 32 ? 96 : 0
  const bits = /^\d{1,3}$/.test(tail) ? Number(tail) - shift : -1
  return bits < 0 || bits > address.bits ? undefined : formatNetwork(address, bits)
}

/** A network as people write it: one address without its `/32` or `/128`. */
export function networkText(network: string): string {
  return network.replace(/(?<=^[^:]*)\/32$|\/128$/, '')
}

function parseAddress(text: string): Address | undefined {
  const bare = text.split('%', 1)[0] ?? ''
  const version = isIP(bare)
  if (version === 0) return undefined
  if (version === 4) return { bits: 32, value: valueOf(bare.split('.').map(Number), 8) }
  const value = valueOf(groupsOf(bare), 16)
  if (value >> 32n === 0xffffn) return { bits: 32, value: value & 0xffff_ffffn }
  return { bits: 128, value }
}

/** The eight groups of an IPv6 address in whatever form (RFC 4291 §2.2). */
function groupsOf(address: string): readonly number[] {
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(address)
  if (dotted !== null) {
    const [a = 0, b = 0, c = 0, d = 0] = dotted.slice(2).map(Number)
    const tail = `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`
    return groupsOf(`${dotted[1] ?? ''}${tail}`)
  }
  const [left = [], right = []] = address
    .split('::')
    .map((half) => half.split(':').filter(Boolean))
    .map((half) => half.map((group) => Number.parseInt(group, 16)))
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => 0)
  return [...left, ...zeros, ...right]
}

function valueOf(parts: readonly number[], width: number): bigint {
  return parts.reduce((value, part) => (value << BigInt(width)) | BigInt(part), 0n)
}

function formatNetwork({ bits, value }: Address, prefix: number): string {
  const rest = BigInt(bits - prefix)
  return `${format({ bits, value: (value >> rest) << rest })}/${prefix}`
}

/** The one way to write an address (RFC 5952), Postgres's way too. */
function format({ bits, value }: Address): string {
  if (bits === 32) {
    return [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 0xffn).join('.')
  }
  const groups = Array.from({ length: 8 }, (_, i) =>
    ((value >> BigInt(112 - 16 * i)) & 0xffffn).toString(16),
  )
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1)
}
