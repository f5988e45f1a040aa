import { createSocket } from 'node:dgram'
import { isIPv6 } from 'node:net'

/** The addresses of ours that hosts see. They are asked for each batch of mail, and change hardly ever: remembered for a minute. */
export class SourceAddresses {
  readonly #known = new Map<string, { readonly source: Promise<string>; readonly at: number }>()

  /** The address that this host would see; empty where there is no way to it. */
  for(address: string): Promise<string> {
    const now = performance.now()
    const there = this.#known.get(address)
    if (there !== undefined && now - there.at < KEPT_MS) return there.source
    if (this.#known.size >= MOST) this.#known.clear()
    const source = sourceAddressFor(address)
    this.#known.set(address, { source, at: now })
    return source
  }
}

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
const KEPT_MS = 60_000
const MOST = 10_000
