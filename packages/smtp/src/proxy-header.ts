import { isIPv4, isIPv6 } from 'node:net'

/** One end of a connection. */
export interface Endpoint {
  readonly address: string
  readonly port: number
}

/** What a proxy said of the connection that it carries; no ends: it speaks for itself, or does not know. */
export interface ProxiedConnection {
  readonly source?: Endpoint
  readonly destination?: Endpoint
}

/** What stands at the start of a connection. `more`: it is not all there yet. */
export type ProxyHeader =
  | { readonly kind: 'more' }
  | { readonly kind: 'bad'; readonly because: string }
  | { readonly kind: 'header'; readonly bytes: number; readonly proxied: ProxiedConnection }

/** Longest line of version 1, with CR LF (PROXY protocol §2.1). */
const maxLineBytes = 107

/** Longest header of version 2 that is read: addresses, and room for what proxies add (certificates aside). */
const maxBinaryBytes = 1024

const signature = Buffer.from([
  0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a,
])
const fixedBytes = 16

const bad = (because: string): ProxyHeader => ({ kind: 'bad', because })

/** Reads a header of the PROXY protocol, version 1 or 2, from the first octets of a connection. */
export function readProxyHeader(octets: Buffer): ProxyHeader {
  const isBinary = octets[0] === signature[0]
  const expected = isBinary ? signature : Buffer.from('PROXY ')
  const common = Math.min(octets.length, expected.length)
  if (!octets.subarray(0, common).equals(expected.subarray(0, common))) {
    return bad('no PROXY header')
  }
  if (octets.length < expected.length) return { kind: 'more' }
  return isBinary ? readBinary(octets) : readLine(octets)
}

/** Version 1: `PROXY TCP4 192.0.2.1 198.51.100.1 56324 25` CR LF (§2.1). */
function readLine(octets: Buffer): ProxyHeader {
  const end = octets.subarray(0, maxLineBytes).indexOf('\r\n')
  if (end < 0) return octets.length < maxLineBytes ? { kind: 'more' } : bad('a line without end')
  const bytes = end + 2
  const words = octets.toString('latin1', 0, end).split(' ')
  const [, family, source = '', destination = '', sourcePort = '', destinationPort = ''] = words
  // What follows UNKNOWN is to be ignored.
  if (family === 'UNKNOWN') return { kind: 'header', bytes, proxied: {} }
  const isAddress = family === 'TCP4' ? isIPv4 : isIPv6
  const isFamily = family === 'TCP4' || family === 'TCP6'
  const isWhole = words.length === 6 && [sourcePort, destinationPort].every(isPort)
  if (!isFamily || !isWhole || !isAddress(source) || !isAddress(destination)) {
    return bad('a line that names no connection')
  }
  return {
    kind: 'header',
    bytes,
    proxied: {
      source: { address: source, port: Number(sourcePort) },
      destination: { address: destination, port: Number(destinationPort) },
    },
  }
}

/** Decimal, no leading zeros (§2.1). */
function isPort(text: string): boolean {
  return /^(?:0|[1-9]\d{0,4})$/.test(text) && Number(text) <= 65_535
}

/** Version 2: signature, version and command, family, length, addresses, extras (§2.2). */
function readBinary(octets: Buffer): ProxyHeader {
  if (octets.length < fixedBytes) return { kind: 'more' }
  const [version, command] = nibbles(octets.readUInt8(12))
  const family = octets.readUInt8(13)
  const bytes = fixedBytes + octets.readUInt16BE(14)
  if (version !== 2 || command > 1) return bad('another version of the protocol')
  if (bytes > maxBinaryBytes) return bad('a header that is too long')
  if (octets.length < bytes) return { kind: 'more' }
  // LOCAL: the proxy itself, which looks whether we are well. Unix sockets and datagrams name nobody whom we could know.
  const addressBytes = command === 1 ? (addressSizes.get(family) ?? 0) : 0
  if (addressBytes === 0) return { kind: 'header', bytes, proxied: {} }
  if (bytes < fixedBytes + 2 * addressBytes + 4) return bad('a header that is too short')
  const ports = fixedBytes + 2 * addressBytes
  const end = (i: 0 | 1): Endpoint => {
    const from = fixedBytes + i * addressBytes
    const address = addressOf(octets.subarray(from, from + addressBytes))
    return { address, port: octets.readUInt16BE(ports + 2 * i) }
  }
  return { kind: 'header', bytes, proxied: { source: end(0), destination: end(1) } }
}

/** Octets of an address by family and transport: TCP over IPv4, TCP over IPv6. */
const addressSizes: ReadonlyMap<number, number> = new Map([
  [0x11, 4],
  [0x21, 16],
])

function nibbles(octet: number): readonly [number, number] {
  return [octet >> 4, octet & 0xf]
}

function addressOf(octets: Buffer): string {
  if (octets.length === 4) return octets.join('.')
  const isMapped = octets.subarray(0, 12).equals(mappedPrefix)
  if (isMapped) return octets.subarray(12).join('.')
  const groups = Array.from({ length: 8 }, (_, i) => octets.readUInt16BE(2 * i).toString(16))
  // As everybody writes it (RFC 5952): the platform knows how.
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1)
}

/** ::ffff:0:0/96 (RFC 4291 §2.5.5.2). */
const mappedPrefix = Buffer.from('00000000000000000000ffff', 'hex')
