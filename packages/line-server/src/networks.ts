import { BlockList, isIP } from 'node:net'
import { addressGroup, plainAddress } from './address.ts'

/** A set of addresses: single ones and networks in CIDR notation. */
export interface Networks {
  has(address: string): boolean
}

/**
 * Reads `192.0.2.1`, `10.0.0.0/8`, `2001:db8::/32`.
 *
 * @throws TypeError for what is neither.
 */
export function networks(texts: readonly string[]): Networks {
  const list = new BlockList()
  for (const text of texts) {
    const [address = '', bits, ...more] = text.split('/')
    const version = isIP(address)
    const widest = version === 4 ? 32 : 128
    const isPrefix = bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= widest)
    if (version === 0 || !isPrefix || more.length > 0) {
      throw new TypeError(`"${text}" is neither an address nor a network such as 192.0.2.0/24`)
    }
    list.addSubnet(address, Number(bits ?? widest), version === 4 ? 'ipv4' : 'ipv6')
  }
  return {
    has(address) {
      const plain = plainAddress(address)
      const version = isIP(plain)
      return version !== 0 && list.check(plain, version === 4 ? 'ipv4' : 'ipv6')
    },
  }
}

/** No address at all. */
export const noNetworks: Networks = networks([])

/** What limits of a whole network count by: an IPv4 /24, an IPv6 /48 (one site, RFC 6177 §2). */
export function networkGroup(address: string): string {
  const plain = plainAddress(address)
  if (isIP(plain) === 4) return `${plain.slice(0, plain.lastIndexOf('.'))}.0/24`
  return `${addressGroup(plain).split(':').slice(0, 3).join(':')}/48`
}
