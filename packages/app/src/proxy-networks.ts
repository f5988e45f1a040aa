import type { Config, PortName } from '@posthouse/config'
import { networks, noNetworks, type Networks } from '@posthouse/line-server'

/** Peers that may name another client with XCLIENT. */
export function xclientNetworksOf({ xclient }: Config): Networks {
  return networks(xclient.networks)
}

/** Proxies that stand before a listener: their connections begin with the PROXY header. */
export function proxyNetworksOf({ proxy }: Config, port: PortName): Networks {
  return proxy.ports.some((each) => each === port) ? networks(proxy.networks) : noNetworks
}
