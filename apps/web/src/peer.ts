import type { IncomingMessage } from 'node:http'
import { isLoopbackAddress, plainAddress } from '@posthouse/line-server'

/** Who asks, and how. */
export interface Peer {
  readonly address: string
  /** Both ends are on this machine. */
  readonly isLoopback: boolean
  /** TLS ends here. */
  readonly isTls: boolean
  /**
   * Nobody reads along: TLS, or both ends on this machine, where a proxy may stand that has it. What is secret, and what is
   * believed for where it comes from, goes to such peers only.
   */
  readonly isPrivate: boolean
}

/** The peer of a request. */
export function peerOf({ socket }: Pick<IncomingMessage, 'socket'>): Peer {
  const address = plainAddress(socket.remoteAddress)
  const isLoopback = isLoopbackAddress(address) && isLoopbackAddress(socket.localAddress)
  const isTls = 'encrypted' in socket
  return { address, isLoopback, isTls, isPrivate: isTls || isLoopback }
}
