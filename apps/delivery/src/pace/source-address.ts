import { createSocket } from 'node:dgram'
import { isIPv6 } from 'node:net'

/**
 * The address of ours that a host would see: what the system would send from. A datagram socket is pointed at it, which sends
 * nothing. Empty where there is no way to it.
 */
export async function sourceAddressFor(address: string): Promise<string> {
  const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4')
  const found = Promise.withResolvers<string>()
  socket.on('error', () => found.resolve(''))
  try {
    socket.once('connect', () => found.resolve(socket.address().address))
    socket.connect(DISCARD, address)
    return await found.promise
  } catch {
    return ''
  } finally {
    socket.close()
  }
}

/** Any port does. */
const DISCARD = 9
