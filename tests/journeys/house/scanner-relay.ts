import { once } from 'node:events'
import net from 'node:net'

/** A port that stands before a scanner, so that the scanner may come back elsewhere, and tells how far a scan is. */
export interface ScannerRelay {
  readonly port: number
  /** Octets that were handed on to the scanner so far. */
  readonly handedOn: number
  /** Where later connections lead. */
  leadTo(port: number): void
  stop(): Promise<void>
}

/** Listens on a port of 127.0.0.1. Where the scanner closes or is not there, so does the relay. */
export async function startScannerRelay(first: number): Promise<ScannerRelay> {
  let target = first
  let handedOn = 0
  const sockets = new Set<net.Socket>()
  const server = net.createServer({ allowHalfOpen: true }, (client) => {
    const scanner = net.connect({ host: '127.0.0.1', port: target, allowHalfOpen: true })
    client.on('data', (octets) => (handedOn += octets.length))
    for (const [from, to] of [
      [client, scanner],
      [scanner, client],
    ] as const) {
      sockets.add(from)
      from.on('error', () => to.resetAndDestroy())
      from.on('close', () => {
        sockets.delete(from)
        to.destroy()
      })
      from.pipe(to)
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the relay has no port')
  return {
    port: address.port,
    get handedOn() {
      return handedOn
    },
    leadTo: (port) => (target = port),
    async stop() {
      server.close()
      for (const socket of sockets) socket.destroy()
      await once(server, 'close')
    },
  }
}
