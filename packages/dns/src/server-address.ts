import { BlockList, isIP, isIPv4 } from 'node:net'

/** A DNS server to be asked. */
export interface ServerAddress {
  readonly host: string
  readonly port: number
  /** Nobody on the way can answer in its stead: it is on this machine, or the operator says so. */
  readonly isTrusted: boolean
}

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8, 'ipv4')
loopback.addAddress('::1', 'ipv6')

/**
 * Reads `address`, `address:port` or `[address]:port`.
 *
 * @throws TypeError for what is none.
 */
export function parseServerAddress(
  text: string,
  isTrusted: (host: string) => boolean,
): ServerAddress {
  const match = isIP(text) === 0 ? /^(?:\[(.+)\]|([^:]+)):(\d{1,5})$/.exec(text) : undefined
  const host = match === undefined ? text : (match?.[1] ?? match?.[2] ?? '')
  const port = Number(match?.[3] ?? 53)
  const bare = host.split('%', 1)[0] ?? ''
  if (isIP(bare) === 0 || port < 1 || port > 65_535) {
    throw new TypeError(`"${text}" is not the address of a DNS server`)
  }
  const isHere = loopback.check(bare, isIPv4(bare) ? 'ipv4' : 'ipv6')
  return { host, port, isTrusted: isHere || isTrusted(host) }
}

/** `192.0.2.1:53`, for people. */
export function describeServer({ host, port }: ServerAddress): string {
  return isIPv4(host) ? `${host}:${port}` : `[${host}]:${port}`
}
