import { isLoopbackAddress, networks } from '@posthouse/line-server'
import type { Log } from '@posthouse/telemetry'

/** So many names under one private address are many hosts, not one relay that talks to us alone. */
const gatewayNames = 20

/** Addresses that no mail host of the world has: private ones (RFC 1918, RFC 4193, RFC 6598) and link-local. */
const privateNetworks = networks([
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '100.64.0.0/10',
  '169.254.0.0/16',
  'fc00::/7',
  'fe80::/10',
])

/**
 * Sees whether all clients come from one private address: then something in front of us hides who they are, and limits,
 * SPF and blocklists judge the wrong host. That is said, once; nothing is trusted for it.
 */
export class GatewayWatch {
  readonly #log: Log
  readonly #names = new Set<string>()
  #address: string | undefined
  #isOver = false

  constructor(log: Log) {
    this.#log = log
  }

  /** A client of this address called itself so. */
  sees(address: string, helo: string): void {
    if (this.#isOver || isLoopbackAddress(address)) return
    this.#address ??= address
    if (address !== this.#address || !privateNetworks.has(address)) {
      this.#isOver = true
      this.#names.clear()
      return
    }
    this.#names.add(helo.toLowerCase())
    if (this.#names.size < gatewayNames) return
    this.#isOver = true
    this.#log.warn('smtp.clients.hidden', {
      address,
      text:
        `every client so far comes from ${address}, a private address, under ${gatewayNames} different names: ` +
        'a gateway hides who they are. Nothing is trusted because of it. Let it pass addresses on, or speak the PROXY ' +
        'protocol and name it in proxy.networks.',
    })
    this.#names.clear()
  }
}
